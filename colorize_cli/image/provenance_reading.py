"""Reading what a finished picture says about its making, without a look at its pixels."""

from __future__ import annotations

import io
from pathlib import Path

import tifffile
from PIL import Image

from colorize_cli.errors import PhotoError
from colorize_cli.image.jpeg.segments import jpeg_xmp
from colorize_cli.image.metadata.provenance import Provenance, provenance_in
from colorize_cli.image.png.chunks import png_metadata
from colorize_cli.image.tiff.tags import XMP_TAG

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_provenance(path: Path) -> Provenance | None:
    """How one of our pictures came about; None for every other file.

    PhotoError, naming the file, where it cannot be opened.
    """
    try:
        packet = _xmp_of(path)
    except OSError as error:
        raise PhotoError(f"{path}: cannot be opened ({error.strerror or error}); check its name") from error
    return provenance_in(packet) if packet else None


def _xmp_of(path: Path) -> bytes | None:
    with path.open("rb") as file:
        start = file.read(12)
        if start[:4] in _TIFF:
            return _tiff_xmp(path)
        data = start + file.read()
    if data[:3] == b"\xff\xd8\xff":
        return jpeg_xmp(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return png_metadata(data)[0].xmp
    return _pillow_xmp(data)


def _tiff_xmp(path: Path) -> bytes | None:
    """Only the directory is read, not the strips."""
    try:
        with tifffile.TiffFile(path) as tiff:
            found = tiff.pages.first.tags.valueof(XMP_TAG)
    # tifffile raises what it likes on damaged tags, and such a file says nothing.
    except Exception:
        return None
    return found if isinstance(found, bytes) else None


def _pillow_xmp(data: bytes) -> bytes | None:
    """WebP and AVIF; a file of any other kind has nothing to say."""
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP", "AVIF")) as image:
            found = image.info.get("xmp")
    except Exception:
        return None
    return found if isinstance(found, bytes) else None
