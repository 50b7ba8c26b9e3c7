"""TIFF: 16 bits by tifffile, which sees every sample, the many kinds of 8 bits by Pillow."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from colorize_cli.errors import PhotoError
from colorize_cli.image.metadata import EXIF_PREFIX, ORIENTATION
from colorize_cli.image.pages import page_indices
from colorize_cli.image.photo import Metadata
from colorize_cli.image.planes import (
    Planes,
    Scan,
    check_size,
    clean_dpi,
    cv2_pixels,
    deep_planes,
    shallow_planes,
)

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_XMP_TAG, _ICC_TAG = 700, 34675
# What a TIFF says of its picture, and not of how its pixels lie in the file: description, make,
# model, software, date, artist, host, copyright.
_DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 316, 33432)
_DEEP_KINDS = ("MINISWHITE", "MINISBLACK", "RGB")


def decode_tiff(data: bytes, max_mpixels: float, number: int = 0) -> Scan:
    """A page of a TIFF, counted from 0; PhotoError for sizes, depths and kinds that are not supported."""
    pages = page_indices(lambda at, length: data[at : at + length]) or [0]
    if number >= len(pages):
        raise PhotoError(f"has no page {number + 1}; there are {len(pages)}")
    index = pages[number]
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page: Any = tiff.pages[index]
        check_size(page.imagewidth, page.imagelength, max_mpixels)
        metadata, orientation, warnings = _tiff_blocks(data, page)
        if page.bitspersample == 16:
            planes = _tiff_planes(data, page, index)
            return Scan(*planes, metadata, orientation, warnings)
        if page.bitspersample not in (1, 2, 4, 8):
            raise PhotoError(f"TIFF with {page.bitspersample} bits per sample; save it with 8 or 16 bits")
        # Pillow cannot read these (13.0: "Corrupt EXIF data").
        if tiff.is_bigtiff and tiff.byteorder == ">" and page.dtype == np.uint8:
            return Scan(*shallow_planes(_plain_image(page)), metadata, orientation, warnings)
    # Pillow turns a TIFF upright by itself.
    if orientation >= 5 and metadata.dpi:
        metadata = replace(metadata, dpi=metadata.dpi[::-1])
    image = TiffImagePlugin.TiffImageFile(io.BytesIO(data))
    image.seek(index)
    planes = shallow_planes(image)
    return Scan(*planes, metadata, 1, warnings)


def _tiff_planes(data: bytes, page: Any, index: int) -> Planes:
    kind = getattr(page.photometric, "name", "")
    if page.dtype != np.uint16 or kind not in _DEEP_KINDS:
        raise PhotoError(
            f"16-bit TIFF of kind {kind or 'unknown'} ({page.dtype}) is not supported; "
            "save it as 16-bit grey or RGB"
        )
    pixels = _tiff_pixels(data, page, index)
    if kind == "MINISWHITE":
        np.subtract(65535, pixels, out=pixels)
    return deep_planes(pixels)


def _tiff_pixels(data: bytes, page: Any, index: int) -> NDArray[np.uint16]:
    try:
        pixels: NDArray[np.uint16] = page.asarray()
    except ValueError as error:
        # LZW and other codecs need the imagecodecs package; cv2 knows the common ones.
        if "imagecodecs" not in str(error):
            raise
        return _by_cv2(data, page, index)
    if pixels.ndim == 3 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
        pixels = np.moveaxis(pixels, 0, -1)
    return np.atleast_3d(pixels)


def _plain_image(page: Any) -> Image.Image:
    pixels = page.asarray()
    if pixels.ndim == 3 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
        pixels = np.moveaxis(pixels, 0, -1)
    inverted = getattr(page.photometric, "name", "") == "MINISWHITE"
    return Image.fromarray(np.ascontiguousarray(255 - pixels if inverted else pixels))


def _by_cv2(data: bytes, page: Any, index: int) -> NDArray[np.uint16]:
    try:
        return cv2_pixels(data, index)
    except (ValueError, cv2.error) as error:
        raise PhotoError(
            f"its compression ({page.compression.name}) needs one more package: "
            "pip install 'colorize-cli[tiff]'"
        ) from error


def _tiff_blocks(data: bytes, page: Any) -> tuple[Metadata, int, tuple[str, ...]]:
    tag = page.tags.valueof
    exif, warnings = None, tuple[str, ...]()
    try:
        exif = _exif_of_tiff(data, page)
    # Pillow raises what it likes on damaged tags, and they are no reason to lose the photo.
    except Exception as error:
        warnings = (f"its EXIF tags are damaged ({error}) and left out",)
    icc, xmp = (v if isinstance(v, bytes) else None for v in (tag(_ICC_TAG), tag(_XMP_TAG)))
    orientation = tag(ORIENTATION)
    orientation = int(orientation) if orientation in range(1, 9) else 1
    return Metadata(exif, icc, xmp, _tiff_dpi(page)), orientation, warnings


def _tiff_dpi(page: Any) -> tuple[float, float] | None:
    """Resolutions are fractions; unit 2 is the inch, 3 the centimetre, 1 none."""
    scale = {2: 1.0, 3: 2.54}.get(page.tags.valueof(296, default=2), 0.0)
    try:
        return clean_dpi([n * scale / d for n, d in map(page.tags.valueof, (282, 283))])
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def _exif_of_tiff(data: bytes, page: Any) -> bytes | None:
    """The describing tags of a TIFF and its EXIF and GPS directories, as a block of their own."""
    found, block = Image.Exif(), Image.Exif()
    found.endian, found.bigtiff = page.parent.byteorder, page.parent.is_bigtiff
    found.load_from_fp(io.BytesIO(data), page.offset)
    for tag in _DESCRIPTIVE:
        if tag in found:
            block[tag] = found[tag]
    for tag in (_EXIF_IFD, _GPS_IFD):
        if tag in found:
            block[tag] = found.get_ifd(tag)
    return block.tobytes().removeprefix(EXIF_PREFIX) if len(block) else None
