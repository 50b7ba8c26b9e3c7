"""TIFF output with ICC, XMP and EXIF, which no single library writes for 8 and 16 bits alike."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
import tifffile
from PIL import Image, TiffImagePlugin

from colorize_cli.image.photo import Metadata, Pixels
from colorize_cli.image.pixels import STRIP_ROWS

_XMP_TAG, _ASCII, _BYTE, _LONG = 700, 2, 1, 4
# tifffile will not write the pointers to the EXIF and GPS directories, so each is written under
# the number below, which nothing uses in an image directory and which keeps the tags in order.
_POINTERS = (34665, 34853)
# Incompressible pixels, tags and directories still fit below 4 GB.
_CLASSIC_MOST = 4_000_000_000


def write_tiff(
    file: BinaryIO, strips: Iterable[Pixels], shape: tuple[int, int, int], deep: bool, metadata: Metadata
) -> None:
    """A little-endian TIFF of (H,W,1, 3 or 4) pixels, deflated with the horizontal predictor.

    The pixels come in strips of STRIP_ROWS rows, uint8 or, if `deep`, uint16; `file` is empty and can be
    read, too. A BigTIFF if it might pass 4 GB.
    """
    exif = Image.Exif()
    exif.load(metadata.exif or b"")
    directories = {tag: exif.get_ifd(tag) for tag in _POINTERS if tag in exif}
    dtype = np.dtype(np.uint16 if deep else np.uint8)
    big = shape[0] * shape[1] * shape[2] * dtype.itemsize > _CLASSIC_MOST
    with tifffile.TiffWriter(file, bigtiff=big, byteorder="<") as tiff:
        tiff.write(
            (_packed(strip) for strip in strips),
            shape=shape if shape[2] > 1 else shape[:2],
            dtype=dtype,
            photometric="minisblack" if shape[2] == 1 else "rgb",
            extrasamples=["unassalpha"] if shape[2] == 4 else None,
            compression="zlib",
            predictor=True,
            rowsperstrip=STRIP_ROWS,
            metadata=None,
            software=str(exif.get(305, "")),
            resolution=metadata.dpi,
            resolutionunit=2 if metadata.dpi else None,
            iccprofile=metadata.icc,
            extratags=_extra_tags(exif, metadata, directories),
        )
    _put_directories(file, directories, big)


def _packed(strip: Pixels) -> bytes:
    """A strip as it lies in the file: differences to the left neighbour, deflated."""
    differences = strip.copy()
    differences[:, 1:] -= strip[:, :-1]
    # As in `png_writing`: grain has no repetitions that would be worth a search.
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    return (
        packer.compress(np.ascontiguousarray(differences, strip.dtype.newbyteorder("<")).data)
        + packer.flush()
    )


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


def _put_directories(file: BinaryIO, directories: dict[int, dict[int, Any]], big: bool) -> None:
    """Write EXIF and GPS directories at the end of the file, and where they are into their tags."""
    if not directories:
        return
    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        tags = tiff.pages.first.tags
        places = {pointer: tags[pointer - 1].offset for pointer in directories}
    for pointer, place in places.items():
        end = file.seek(0, io.SEEK_END)
        end += file.write(b"\0" * (end % 2))
        ifd = TiffImagePlugin.ImageFileDirectory_v2(b"II+\0\x08\0\0\0" if big else b"II*\0\0\0\0\0")
        for tag, value in directories[pointer].items():
            ifd[tag] = value
        file.write(ifd.tobytes(end))
        file.seek(place)
        file.write(struct.pack("<H", pointer))
        # Type and count of the tag stand between its number and its value.
        file.seek(place + (12 if big else 8))
        file.write(struct.pack("<Q" if big else "<I", end))
