"""The names that photos' pictures have already: whatever way leads to a photo, it is not coloured twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import PurePath

from colorize_cli.inputs.walk import InputFile
from colorize_cli.output.manifest import Manifest


class ManifestNames:
    """Names by what the manifests of output folders say."""

    def __init__(self, manifest_of: Callable[[str], Manifest]) -> None:
        self._manifest_of = manifest_of

    def has(self, root: str, target: str) -> bool:
        """Whether some photo's pictures have this name."""
        return target in self._manifest_of(root)

    def of(self, photo: InputFile, page: int | None) -> str | None:
        """The first name of this photo's pictures, if there are any."""
        if not (manifest := self._manifest_of(photo.root)):
            return None
        source = os.path.relpath(photo.path, photo.root)
        names = (entry.target for entry in manifest.made_of(source, page))
        return next((name for name in names if not _leads_out(name)), None)


def _leads_out(target: str) -> bool:
    """Whether a target of a manifest edited by hand is not in its folder."""
    path = PurePath(target)
    return path.is_absolute() or os.pardir in path.parts
