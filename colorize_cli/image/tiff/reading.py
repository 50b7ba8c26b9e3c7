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
from colorize_cli.image.metadata.exif import exif_orientation
from colorize_cli.image.planes import Planes, Scan, check_size, cv2_pixels, deep_planes, shallow_planes
from colorize_cli.image.tiff.pages import page_directories
from colorize_cli.image.tiff.tags import tiff_metadata

_DEEP_KINDS = ("MINISWHITE", "MINISBLACK", "RGB")


def decode_tiff(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """A page of a TIFF, counted from 0; see `codecs.Decoder`."""
    pages = page_directories(data)
    if page >= len(pages):
        raise PhotoError(f"has no page {page + 1}; there are {len(pages)}")
    index = pages[page]
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        directory: Any = tiff.pages[index]
        check_size(directory.imagewidth, directory.imagelength, max_mpixels)
        metadata, warnings = tiff_metadata(data, directory)
        orientation = exif_orientation(metadata.exif or b"")
        bits = directory.bitspersample
        if bits == 16:
            return Scan(*_tiff_planes(data, directory, index), metadata, orientation, warnings)
        if bits not in (1, 2, 4, 8):
            raise PhotoError(f"TIFF with {bits} bits per sample; save it with 8 or 16 bits")
        # Pillow cannot read these (13.0: "Corrupt EXIF data").
        if tiff.is_bigtiff and tiff.byteorder == ">" and directory.dtype == np.uint8:
            return Scan(*shallow_planes(_plain_image(directory)), metadata, orientation, warnings)
    # Pillow turns a TIFF upright by itself.
    if orientation >= 5 and metadata.dpi:
        metadata = replace(metadata, dpi=metadata.dpi[::-1])
    image = TiffImagePlugin.TiffImageFile(io.BytesIO(data))
    image.seek(index)
    # It would go by an orientation in XMP as well, which `upright_xmp` says why we do not.
    image.info.pop("xmp", None)
    return Scan(*shallow_planes(image), metadata, 1, warnings)


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
        return np.atleast_3d(_interleaved(page))
    except ValueError as error:
        # LZW and other codecs need the imagecodecs package; cv2 knows the common ones.
        if "imagecodecs" not in str(error):
            raise
        return _by_cv2(data, page, index)


def _interleaved(page: Any) -> Any:
    pixels = page.asarray()
    separate = pixels.ndim == 3 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
    return np.moveaxis(pixels, 0, -1) if separate else pixels


def _plain_image(page: Any) -> Image.Image:
    pixels = _interleaved(page)
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
