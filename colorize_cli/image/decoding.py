"""Bytes of a picture file -> the scan in it."""

from __future__ import annotations

import io

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from colorize_cli.image.colour.tone import THUMBNAIL
from colorize_cli.image.jpeg.segments import check_jpeg, jpeg_metadata
from colorize_cli.image.metadata.exif import exif_orientation
from colorize_cli.image.others import OTHER_KINDS
from colorize_cli.image.photo import Grey
from colorize_cli.image.planes import (
    Scan,
    check_size,
    cv2_pixels,
    deep_planes,
    frames,
    pillow_blocks,
    shallow_planes,
)
from colorize_cli.image.png.chunks import bare_png, check_png, png_metadata
from colorize_cli.image.tiff.reading import decode_tiff

# What libjpeg complains of without having lost a pixel; every other complaint means damage.
_HARMLESS = ("extraneous bytes", "unknown JFIF revision", "Unknown Adobe color", "bad ICC marker")


def decode(kind: str, data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in a file of one of the kinds of `kinds.READABLE`; `page`, from 0, of a TIFF.

    PhotoError (without the file's name) where it is too large or of a kind not supported; damaged
    bytes raise whatever the decoder raises.
    """
    if kind == "tiff":
        return decode_tiff(data, max_mpixels, page)
    decoders = {"jpeg": _jpeg, "png": _png, "webp": _webp, **OTHER_KINDS}
    return decoders[kind](data, max_mpixels)


def _jpeg(data: bytes, max_mpixels: float) -> Scan:
    check_jpeg(data)
    height, width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    check_size(width, height, max_mpixels)
    metadata, warnings = jpeg_metadata(data)
    orientation = exif_orientation(metadata.exif or b"")
    try:
        if space not in ("CMYK", "YCCK"):
            return Scan(*_jpeg_planes(data, space), metadata, orientation, warnings)
    except ValueError as error:
        if not any(fault in str(error) for fault in _HARMLESS):
            raise
        warnings += (f"its JPEG data is unusual ({error})",)
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    return Scan(*shallow_planes(image), metadata, orientation, warnings)


def _jpeg_planes(data: bytes, space: str) -> tuple[Grey, None, NDArray[np.uint8] | None]:
    grey = simplejpeg.decode_jpeg(data, "GRAY")[..., 0]
    if space == "Gray":
        return grey, None, None
    small = simplejpeg.decode_jpeg(data, "RGB", min_height=THUMBNAIL, min_width=THUMBNAIL)
    return grey, None, small


def _png(data: bytes, max_mpixels: float) -> Scan:
    metadata, warnings = png_metadata(data)
    data = bare_png(data)
    image = PngImagePlugin.PngImageFile(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    # Pillow gives 8 bits for 16-bit colour without a word (python-pillow/Pillow#7723).
    if data[24] == 16:
        check_png(data)
        planes = deep_planes(cv2_pixels(data))
        image.load()
    else:
        planes = shallow_planes(image)
    orientation = exif_orientation(metadata.exif or b"")
    return Scan(*planes, metadata, orientation, frames(image) + warnings)


def _webp(data: bytes, max_mpixels: float) -> Scan:
    image = WebPImagePlugin.WebPImageFile(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    return Scan(*shallow_planes(image), *pillow_blocks(image), frames(image))
