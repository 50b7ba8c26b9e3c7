"""Reading JPEG: the Y plane as it stands, and few of the colours."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from colorize_cli.errors import PhotoError
from colorize_cli.image.colour.already_colour import THUMBNAIL
from colorize_cli.image.jpeg.segments import jpeg_metadata
from colorize_cli.image.jpeg.structure import EOI, Structure, structure_of
from colorize_cli.image.metadata.exif import exif_orientation
from colorize_cli.image.photo import Grey
from colorize_cli.image.planes import Planes, Scan, check_size, deep_planes, shallow_planes, stretched

# What libjpeg complains of without having lost a pixel; every other complaint means damage.
_HARMLESS = ("extraneous bytes", "unknown JFIF revision", "Unknown Adobe color", "bad ICC marker")
_NO_SAMPLING = "Could not determine subsampling"
_SPACES = {"L": "Gray", "RGB": "YCbCr", "CMYK": "CMYK"}


def decode_jpeg(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in a JPEG; see `codecs.Decoder`."""
    found = structure_of(data)
    check_size(found.width, found.height, max_mpixels)
    metadata, warnings = jpeg_metadata(data)
    if found.end is None:
        if not found.whole:
            raise ValueError("the end is missing")
        # If coded bytes are missing, too, libjpeg complains of them.
        data += EOI
        warnings += ("its end mark is missing, its pixels are all there",)
    planes, odd = _decoded(data, found)
    return Scan(*planes, metadata, exif_orientation(metadata.exif or b""), warnings + odd)


def _decoded(data: bytes, found: Structure) -> tuple[Planes, tuple[str, ...]]:
    """The planes, and what is unusual about their data."""
    if not found.common:
        return _uncommon_planes(data, found), ()
    odd: tuple[str, ...] = ()
    space = _space(data)
    if space is None:
        return _planes_by_pillow(data), ()
    try:
        if space not in ("CMYK", "YCCK"):
            return _planes(data, space), ()
        # Pillow, which converts the inks, keeps to itself what libjpeg complains of.
        simplejpeg.decode_jpeg(data, "CMYK")
    except ValueError as error:
        if not any(fault in str(error) for fault in _HARMLESS):
            raise
        odd = (f"its JPEG data is unusual ({error})",)
    return shallow_planes(JpegImagePlugin.JpegImageFile(io.BytesIO(data))), odd


def _space(data: bytes) -> str | None:
    """How its colours are coded; None where simplejpeg cannot decode them, for their sampling."""
    try:
        return str(simplejpeg.decode_jpeg_header(data, strict=False)[2])
    except KeyError:  # it decodes more kinds of sampling than it has names for
        return _SPACES[JpegImagePlugin.JpegImageFile(io.BytesIO(data)).mode]
    except ValueError as error:
        if _NO_SAMPLING not in str(error):
            raise
        return None


def _planes_by_pillow(data: bytes) -> Planes:
    image, luma = (JpegImagePlugin.JpegImageFile(io.BytesIO(data)) for _ in range(2))
    grey, alpha, rgb = shallow_planes(image)
    if image.mode == "RGB":
        luma.draft("L", luma.size)
        grey = np.asarray(luma)
    return grey, alpha, rgb


def _planes(data: bytes, space: str) -> tuple[Grey, None, NDArray[np.uint8] | None]:
    grey = simplejpeg.decode_jpeg(data, "GRAY")[..., 0]
    if space == "Gray":
        return grey, None, None
    small = simplejpeg.decode_jpeg(data, "RGB", min_height=THUMBNAIL, min_width=THUMBNAIL)
    return grey, None, small


def _uncommon_planes(data: bytes, found: Structure) -> Planes:
    """Of a lossless JPEG or one of more than 8 bits, which simplejpeg and Pillow do not read."""
    pixels = imagecodecs.jpeg8_decode(data)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.shape[2] not in (1, 3):
        raise PhotoError(f"a lossless JPEG of {pixels.shape[2]} colours is not supported; save it as TIFF")
    if pixels.dtype == np.uint8:
        return shallow_planes(Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels))
    return deep_planes(stretched(pixels, 2**found.precision - 1))
