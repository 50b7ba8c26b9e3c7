"""The grey scan back from a picture that was coloured here."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from colorize_cli.common.regular import reading
from colorize_cli.errors import PhotoError
from colorize_cli.image.codecs import CODECS, STRIP_WRITERS
from colorize_cli.image.colour.samples import grey_of
from colorize_cli.image.icc.profile import grey_icc, space_of
from colorize_cli.image.metadata.exif import restated_exif
from colorize_cli.image.metadata.provenance import without_provenance
from colorize_cli.image.metadata.statements import restate
from colorize_cli.image.metadata.xmp import Packet
from colorize_cli.image.photo import Grey, Metadata, Photo, Pixels
from colorize_cli.image.planes import cv2_pixels

_STRIP_ROWS = 256


def luminance_of(path: Path, photo: Photo) -> Grey:
    """(H,W) luminance of a picture of ours that `read_photo` has given: for JPEG its Y plane.

    For PNG and TIFF it is the scan's grey, level for level. PhotoError if the pixels cannot be decoded.
    """
    if photo.format == "jpeg":
        return photo.luma
    rgb, space = _rgb(path, photo), space_of(photo.metadata.icc)
    grey = np.empty(rgb.shape[:2], dtype=rgb.dtype)
    for row in range(0, len(rgb), _STRIP_ROWS):
        grey[row : row + _STRIP_ROWS] = grey_of(rgb[row : row + _STRIP_ROWS, :, :3], space)
    return grey


def _rgb(path: Path, photo: Photo) -> Pixels:
    with reading(path) as file:
        data = file.read()
    codec = CODECS[photo.format]
    if codec.colours:
        if (found := codec.colours(data, 0)) is not None:
            return found.rgb
        raise PhotoError(f"{path}: it is grey already")
    open_image = codec.open_image
    if photo.depth == 16 and (deep := cv2_pixels(data)).shape[2] >= 3:
        return deep
    if photo.depth == 16 or open_image is None:
        raise PhotoError(f"{path}: its colours cannot be decoded")
    with open_image(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def write_grey(file: BinaryIO, grey: Grey, fmt: str, metadata: Metadata) -> None:
    """Write (H,W) grey in a format of `STRIP_WRITERS`, with what travels with the scan but no provenance."""
    bits, icc = grey.dtype.itemsize * 8, grey_icc(metadata.icc)
    xmp = without_provenance(metadata.xmp) if metadata.xmp else None
    xmp = _restated(xmp, bits, fmt) if xmp else None
    exif = restated_exif(metadata.exif, 1, bits) if metadata.exif else None
    plain = replace(metadata, icc=icc, xmp=xmp, exif=exif)
    strips = (grey[row : row + 64, :, None] for row in range(0, len(grey), 64))
    STRIP_WRITERS[fmt](file, strips, (*grey.shape, 1), grey.dtype == np.uint16, plain)


def _restated(packet: bytes, bits: int, fmt: str) -> bytes:
    """What it says of the colour picture's pixels and profile, made true of the grey."""
    found = Packet.parse(packet)
    return found.to_bytes() if restate(found, 1, bits, fmt, same_profile=False) else packet
