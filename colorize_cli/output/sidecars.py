"""Sidecar files: what a picture says of its making, in a file beside it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from colorize_cli.common.atomic import replace_file
from colorize_cli.common.digests import sha256_of
from colorize_cli.common.ours import require_ours
from colorize_cli.errors import DiskFullError, NoInputError, OutputError, PhotoError
from colorize_cli.image.metadata.provenance import Provenance, provenance_in
from colorize_cli.image.reading import read_photo
from colorize_cli.output.manifest import Manifest

_LARGEST = 1e6  # megapixels: the pictures are ours
_MARK = b"<!-- written by colorize sidecars -->\n"


class SidecarKind(StrEnum):
    """The packet that is in the picture, or its fields for programs."""

    XMP = "xmp"
    JSON = "json"


_OURS = {
    SidecarKind.XMP: re.compile(rb"\A" + re.escape(_MARK)),
    SidecarKind.JSON: re.compile(rb'\A\{\s*"written_by": "colorize sidecars"'),
}


@dataclass(frozen=True)
class Sidecar:
    """A sidecar that was written, or why not."""

    path: Path
    problem: str | None = None


def write_sidecars(root: Path, kind: SidecarKind) -> Iterator[Sidecar]:
    """A sidecar beside every picture that the manifest of `root` knows; NoInputError without a manifest."""
    manifest = Manifest(str(root))
    if not manifest:
        raise NoInputError(f"{root}: no manifest of colorize there ({manifest.path}).")
    with contextlib.closing(manifest):
        for entry in manifest.entries():
            places = (entry.path(made) for made in entry.pictures.values())
            yield from (_written(root / place, kind) for place in places if place is not None)


def _written(picture: Path, kind: SidecarKind) -> Sidecar:
    path = picture.with_name(f"{picture.name}.{kind}")
    try:
        packet = read_photo(picture, max_mpixels=_LARGEST).metadata.xmp
        said = None if packet is None else provenance_in(packet)
        if packet is None or said is None:
            raise PhotoError(f"{picture}: does not say that colorize has made it")
        require_ours(path, _OURS[kind], "sidecar")
        replace_file(path, _MARK + packet if kind is SidecarKind.XMP else _as_json(picture, said))
    except DiskFullError:
        raise
    except (PhotoError, OutputError) as error:
        return Sidecar(path, str(error))
    return Sidecar(path)


def _as_json(picture: Path, said: Provenance) -> bytes:
    fields = {"written_by": "colorize sidecars", "picture": picture.name, "sha256": sha256_of(picture)}
    return json.dumps(fields | asdict(said), indent=2, ensure_ascii=True).encode() + b"\n"
