"""Kinds that are only met now and then: JPEG 2000, AVIF, HEIC, BMP and PNM."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, BmpImagePlugin, Jpeg2KImagePlugin, PpmImagePlugin

from colorize_cli.errors import PhotoError
from colorize_cli.image.metadata.exif import EXIF_PREFIX
from colorize_cli.image.photo import Metadata
from colorize_cli.image.planes import (
    Scan,
    check_size,
    cv2_pixels,
    deep_planes,
    frames,
    pillow_blocks,
    shallow_planes,
)

# Where a JPEG 2000 codestream begins, and how far behind the depth of its first component stands.
_CODESTREAM, _DEPTH_AT = b"\xff\x4f\xff\x51", 42
_PNM_HEADER = re.compile(
    rb"P[2356]\s(?:\s*#[^\n]*\n)*\s*(\d+)\s(?:\s*#[^\n]*\n)*\s*(\d+)\s(?:\s*#[^\n]*\n)*\s*(\d+)\s"
)
# In an AV1 configuration: the bit that says more than 8 bits a sample, in its third byte.
_AV1_CONFIG, _HIGH_DEPTH = b"av1C", 0x40


def _jpeg2000(data: bytes, max_mpixels: float) -> Scan:
    image = Jpeg2KImagePlugin.Jpeg2KImageFile(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    at = data.find(_CODESTREAM)
    depth = (data[at + _DEPTH_AT] & 0x7F) + 1 if 0 <= at < len(data) - _DEPTH_AT else 8
    # Pillow gives 8 bits for deeper colour without a word.
    planes = deep_planes(_stretched(cv2_pixels(data), 2**depth - 1)) if depth > 8 else shallow_planes(image)
    return Scan(*planes, *pillow_blocks(image))


def _pnm(data: bytes, max_mpixels: float) -> Scan:
    image = PpmImagePlugin.PpmImageFile(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    header = _PNM_HEADER.match(data)
    most = int(header[3]) if header else 255
    planes = deep_planes(_stretched(cv2_pixels(data), most)) if most > 255 else shallow_planes(image)
    return Scan(*planes, *pillow_blocks(image))


def _stretched(pixels: NDArray[np.uint16], most: int) -> NDArray[np.uint16]:
    """Samples of 0 to `most` as samples of 16 bits."""
    if most == 65535:
        return pixels
    return ((pixels.astype(np.uint32) * 65535 + most // 2) // most).clip(0, 65535).astype(np.uint16)


def _bmp(data: bytes, max_mpixels: float) -> Scan:
    image = BmpImagePlugin.BmpImageFile(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    return Scan(*shallow_planes(image), *pillow_blocks(image))


def _avif(data: bytes, max_mpixels: float) -> Scan:
    image = AvifImagePlugin.AvifImageFile(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    at = data.find(_AV1_CONFIG)
    deep = 0 <= at < len(data) - 6 and bool(data[at + 6] & _HIGH_DEPTH)
    warnings = ("its 10 or 12 bits per sample are read as 8",) if deep else ()
    metadata, orientation = pillow_blocks(image)
    return Scan(*shallow_planes(image), metadata, orientation, frames(image) + warnings)


def _heic(data: bytes, max_mpixels: float) -> Scan:
    try:
        import pi_heif
    except ImportError:
        raise PhotoError("HEIC needs one more package: pip install 'colorize-cli[heic]'") from None
    file = pi_heif.open_heif(io.BytesIO(data))
    width, height = file.size
    check_size(width, height, max_mpixels)
    image = file.to_pillow()
    exif = (file.info.get("exif") or b"").removeprefix(EXIF_PREFIX) or None
    metadata = Metadata(exif, file.info.get("icc_profile"), file.info.get("xmp"))
    # The library has turned the picture upright.
    return Scan(*shallow_planes(image), metadata, 1)


OTHER_KINDS: dict[str, Callable[[bytes, float], Scan]] = {
    "jpeg2000": _jpeg2000,
    "pnm": _pnm,
    "bmp": _bmp,
    "avif": _avif,
    "heic": _heic,
}
