"""The names that photos' pictures have already: whatever way leads to a photo, it is not coloured twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import PurePath

from colorize_cli.inputs.walk import InputFile
from colorize_cli.output.manifest import Manifest

_Sources = dict[tuple[str, int | None], str]  # path relative to the output folder, and page -> target


class ManifestNames:
    """Names by what the manifests of output folders say; each is only read whole if a name is new to it."""

    def __init__(self, manifest_of: Callable[[str], Manifest]) -> None:
        self._manifest_of = manifest_of
        self._sources: dict[str, _Sources] = {}

    def has(self, root: str, target: str) -> bool:
        """Whether some photo's pictures have this name."""
        return target in self._manifest_of(root)

    def of(self, photo: InputFile, page: int | None) -> str | None:
        """The name of this photo's pictures, if there are any."""
        if not len(self._manifest_of(photo.root)):
            return None
        if photo.root not in self._sources:
            self._sources[photo.root] = _sources(self._manifest_of(photo.root))
        return self._sources[photo.root].get((os.path.relpath(photo.path, photo.root), page))


def _sources(manifest: Manifest) -> _Sources:
    """The first name of each photo. Edited by hand, a manifest could lead out of the folder."""
    found: _Sources = {}
    for entry in manifest.entries():
        target = PurePath(entry.target)
        if not target.is_absolute() and os.pardir not in target.parts:
            found.setdefault((entry.source.path, entry.source.page), entry.target)
    return found
