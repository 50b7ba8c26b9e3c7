"""Bytes of a JPEG, PNG, TIFF or WebP file -> the scan in it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from colorize_cli.image.containers import check_png, jpeg_metadata
from colorize_cli.image.metadata import EXIF_PREFIX, exif_orientation
from colorize_cli.image.photo import Grey, Metadata
from colorize_cli.image.planes import (
    Scan,
    check_size,
    clean_dpi,
    cv2_pixels,
    deep_planes,
    shallow_planes,
)
from colorize_cli.image.tiff_reading import decode_tiff
from colorize_cli.image.tone import THUMBNAIL

# What libjpeg complains of without having lost a pixel; every other complaint means damage.
_HARMLESS = ("extraneous bytes", "unknown JFIF revision", "Unknown Adobe color", "bad ICC marker")


def decode(kind: str, data: bytes, max_mpixels: float) -> Scan:
    """The scan in a "jpeg", "png", "tiff" or "webp" file.

    PhotoError (without the file's name) where it is too large or of a kind not supported; damaged
    bytes raise whatever the decoder raises.
    """
    decoders = {"jpeg": _jpeg, "png": _png, "tiff": decode_tiff, "webp": _webp}
    return decoders[kind](data, max_mpixels)


def _jpeg(data: bytes, max_mpixels: float) -> Scan:
    height, width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    check_size(width, height, max_mpixels)
    metadata = jpeg_metadata(data)
    orientation = exif_orientation(metadata.exif or b"")
    warnings: tuple[str, ...] = ()
    try:
        if space not in ("CMYK", "YCCK"):
            return Scan(*_jpeg_planes(data, space), metadata, orientation)
    except ValueError as error:
        if not any(fault in str(error) for fault in _HARMLESS):
            raise
        warnings = (f"its JPEG data is unusual ({error})",)
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    return Scan(*shallow_planes(image), metadata, orientation, warnings)


def _jpeg_planes(data: bytes, space: str) -> tuple[Grey, None, NDArray[np.uint8] | None]:
    grey = simplejpeg.decode_jpeg(data, "GRAY")[..., 0]
    if space == "Gray":
        return grey, None, None
    small = simplejpeg.decode_jpeg(data, "RGB", min_height=THUMBNAIL, min_width=THUMBNAIL)
    return grey, None, small


def _png(data: bytes, max_mpixels: float) -> Scan:
    image = PngImagePlugin.PngImageFile(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    # Pillow gives 8 bits for 16-bit colour without a word (python-pillow/Pillow#7723).
    if data[24] == 16:
        check_png(data)
        planes = deep_planes(cv2_pixels(data))
        image.load()
    else:
        planes = shallow_planes(image)
    return Scan(*planes, *_pillow_blocks(image), _frames(image))


def _webp(data: bytes, max_mpixels: float) -> Scan:
    image = WebPImagePlugin.WebPImageFile(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    return Scan(*shallow_planes(image), *_pillow_blocks(image), _frames(image))


def _pillow_blocks(image: ImageFile.ImageFile) -> tuple[Metadata, int]:
    info = image.info
    exif = info.get("exif")
    exif = exif.removeprefix(EXIF_PREFIX) if exif else None
    metadata = Metadata(exif, info.get("icc_profile"), info.get("xmp"), clean_dpi(info.get("dpi")))
    return metadata, exif_orientation(exif or b"")


def _frames(image: Any) -> tuple[str, ...]:
    count = getattr(image, "n_frames", 1)
    return (f"has {count} frames; only the first is used",) if count > 1 else ()
