"""BMP: Pillow knows few bit fields, imagecodecs cuts ten bits and takes pixels for a mask of alpha."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, Image

from colorize_cli.errors import PhotoError
from colorize_cli.image.planes import Scan, scan_of

_FILE_HEADER, _BITFIELDS = 14, 3
# Where the second header has width, height, planes, bits and compression, and where the masks stand.
_FIELDS_AT, _MASKS_AT, _WITH_ALPHA = 18, 54, 56


def open_bmp(file: io.BytesIO) -> Image.Image:
    """A picture as Pillow has it; PhotoError for kinds that are not read."""
    try:
        return BmpImagePlugin.BmpImageFile(file)
    except OSError as error:
        # "Unsupported BMP bitfields layout", "compression", "pixel depth", "header type".
        if "nsupported" not in str(error):
            raise
        pixels = _bit_fields(file.getvalue())
        if pixels is None:
            raise PhotoError(
                f"a BMP of this kind is not supported ({error}); save it as PNG or TIFF"
            ) from None
        return Image.fromarray(pixels)


def _bit_fields(data: bytes) -> NDArray[np.uint8] | None:
    """(H,W,3 or 4) samples under the file's masks; None if it has none, ValueError if it is cut short."""
    offset, length = struct.unpack_from("<II", data, 10)
    width, height, _, bits, kind = struct.unpack_from("<iiHHI", data, _FIELDS_AT)
    if length < 40 or kind != _BITFIELDS or bits not in (16, 32) or width < 1 or not height:
        return None
    masks = struct.unpack_from("<4I" if length >= _WITH_ALPHA else "<3I", data, _MASKS_AT)
    masks = masks if masks[-1] else masks[:3]
    if not all(masks):
        return None
    row = -(-width * bits // 32) * 4
    rows = np.frombuffer(data, np.uint8, abs(height) * row, offset).reshape(-1, row)
    pixels = rows.view("<u4" if bits == 32 else "<u2")[:, :width]
    return np.dstack([_field(pixels[::-1] if height > 0 else pixels, mask) for mask in masks])


def _field(pixels: NDArray[np.unsignedinteger], mask: int) -> NDArray[np.uint8]:
    lowest = mask & -mask
    most = mask // lowest
    levels = (pixels & mask) // lowest
    return ((levels.astype(np.uint64) * 255 + most // 2) // most).astype(np.uint8)


def decode_bmp(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in a BMP, with the profile that Pillow passes over; as `codecs.Decoder` says."""
    scan = scan_of(open_bmp(io.BytesIO(data)), max_mpixels)
    icc, warnings = _bmp_profile(data)
    return replace(scan, metadata=replace(scan.metadata, icc=icc), warnings=scan.warnings + warnings)


def _bmp_profile(data: bytes) -> tuple[bytes | None, tuple[str, ...]]:
    """Of a header of version 4 (108 bytes) primaries, of version 5 offset from the header and length."""
    header, kind = data[_FILE_HEADER:], data[_FILE_HEADER + 56 : _FILE_HEADER + 60]
    if len(header) >= 108 and struct.unpack_from("<I", header)[0] >= 108 and kind == bytes(4):
        primaries = any(header[60:108])
        return None, ("its calibrated colours are read as sRGB",) if primaries else ()
    if len(header) < 124 or struct.unpack_from("<I", header)[0] < 124:
        return None, ()
    if kind == b"KNIL":
        return None, ("its colour profile is in another file and not applied",)
    if kind != b"DEBM":
        return None, ()
    start, length = struct.unpack_from("<II", header, 112)
    return header[start : start + length] or None, ()
