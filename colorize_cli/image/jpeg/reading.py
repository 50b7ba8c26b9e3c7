"""Reading JPEG: the Y plane as it stands, and few of the colours."""

from __future__ import annotations

import io

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from colorize_cli.image.colour.already_colour import THUMBNAIL
from colorize_cli.image.jpeg.segments import check_jpeg, jpeg_metadata
from colorize_cli.image.metadata.exif import exif_orientation
from colorize_cli.image.photo import Grey
from colorize_cli.image.planes import Scan, check_size, shallow_planes

# What libjpeg complains of without having lost a pixel; every other complaint means damage.
_HARMLESS = ("extraneous bytes", "unknown JFIF revision", "Unknown Adobe color", "bad ICC marker")


def decode_jpeg(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in a JPEG; see `codecs.Decoder`."""
    check_jpeg(data)
    height, width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    check_size(width, height, max_mpixels)
    metadata, warnings = jpeg_metadata(data)
    orientation = exif_orientation(metadata.exif or b"")
    try:
        if space not in ("CMYK", "YCCK"):
            return Scan(*_planes(data, space), metadata, orientation, warnings)
    except ValueError as error:
        if not any(fault in str(error) for fault in _HARMLESS):
            raise
        warnings += (f"its JPEG data is unusual ({error})",)
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    return Scan(*shallow_planes(image), metadata, orientation, warnings)


def _planes(data: bytes, space: str) -> tuple[Grey, None, NDArray[np.uint8] | None]:
    grey = simplejpeg.decode_jpeg(data, "GRAY")[..., 0]
    if space == "Gray":
        return grey, None, None
    small = simplejpeg.decode_jpeg(data, "RGB", min_height=THUMBNAIL, min_width=THUMBNAIL)
    return grey, None, small
