"""TIFF output with ICC, XMP and EXIF, which no single library writes for 8 and 16 bits alike."""

from __future__ import annotations

import io
import struct
from typing import Any

import imageio.v3 as iio
import tifffile
from PIL import Image, TiffImagePlugin

from colorize_cli.image.photo import Metadata, Pixels

_XMP_TAG, _ASCII, _BYTE, _LONG = 700, 2, 1, 4
# tifffile will not write the pointers to the EXIF and GPS directories, so each is written under
# the number below, which nothing uses in an image directory and which keeps the tags in order.
_POINTERS = (34665, 34853)
_ROWS_PER_STRIP = 64


def encode_tiff(pixels: Pixels, metadata: Metadata) -> bytes:
    """(H,W,3 or 4) RGB(A) -> a little-endian TIFF, deflated with the horizontal predictor."""
    exif = Image.Exif()
    exif.load(metadata.exif or b"")
    directories = {tag: exif.get_ifd(tag) for tag in _POINTERS if tag in exif}
    data = iio.imwrite(
        "<bytes>",
        pixels,
        plugin="tifffile",
        extension=".tif",
        photometric="rgb",
        extrasamples=["unassalpha"] if pixels.shape[2] == 4 else None,
        compression="zlib",
        compressionargs={"level": 4},
        predictor=True,
        rowsperstrip=_ROWS_PER_STRIP,
        metadata=None,
        software=str(exif.get(305, "")),
        resolution=metadata.dpi,
        resolutionunit=2 if metadata.dpi else None,
        iccprofile=metadata.icc,
        extratags=_extra_tags(exif, metadata, directories),
    )
    return _with_directories(data, directories)


def _extra_tags(
    exif: Image.Exif, metadata: Metadata, directories: dict[int, dict[int, Any]]
) -> list[tuple[int, int, int, object, bool]]:
    tags: list[tuple[int, int, int, object, bool]] = []
    for tag, value in exif.items():
        if isinstance(value, str) and tag != 305:
            tags.append((tag, _ASCII, 0, value.encode("utf-8", "replace"), True))
    if metadata.xmp:
        tags.append((_XMP_TAG, _BYTE, len(metadata.xmp), metadata.xmp, True))
    return tags + [(pointer - 1, _LONG, 1, 0, True) for pointer in directories]


def _with_directories(data: bytes, directories: dict[int, dict[int, Any]]) -> bytes:
    """The file with EXIF and GPS directories put at its end and pointed to."""
    if not directories:
        return data
    out = bytearray(data + b"\0" * (len(data) % 2))
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        tags = tiff.pages.first.tags
        places = {pointer: tags[pointer - 1].offset for pointer in directories}
    for pointer, place in places.items():
        ifd = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
        for tag, value in directories[pointer].items():
            ifd[tag] = value
        struct.pack_into("<H", out, place, pointer)
        struct.pack_into("<I", out, place + 8, len(out))
        out += ifd.tobytes(len(out))
        out += b"\0" * (len(out) % 2)
    return bytes(out)
