"""Writing pictures: the scan's luminance, the model's colour, and what travelled with the scan."""

from __future__ import annotations

import contextlib
import errno
import secrets
from dataclasses import replace
from pathlib import Path

import cv2
import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

from colorize_cli.errors import OutputError, PhotoError
from colorize_cli.image.color import Floats
from colorize_cli.image.containers import (
    XMP_PREFIX,
    fits,
    jpeg_with_metadata,
    png_with_metadata,
)
from colorize_cli.image.jpeg import Subsampling, encode_jpeg
from colorize_cli.image.metadata import EXIF_PREFIX, icc_for_rgb
from colorize_cli.image.photo import Metadata, Photo
from colorize_cli.image.pixels import coloured, eight_bits
from colorize_cli.image.provenance import Provenance, xmp_packet
from colorize_cli.image.tiff import encode_tiff

FORMATS = ("jpeg", "png", "tiff", "webp")
TEMPORARY_PATTERN = ".colorize-*.tmp"
_LONGEST_SIDE = {"jpeg": 65535, "webp": 16383}
_DEEP = ("png", "tiff")
# zlib's fastest level with its default strategy: a level more costs twice the time for 3 %.
_PNG_SETTINGS = (cv2.IMWRITE_PNG_COMPRESSION, 3)


def encode_picture(
    photo: Photo,
    ab: Floats,
    fmt: str,
    quality: int,
    provenance: Provenance,
    subsampling: Subsampling = Subsampling.HALF,
) -> bytes:
    """The finished file: the photo's luminance with ab (2,h,w), a square view in CIELAB units.

    fmt is one of FORMATS. quality, 1 to 100, is for JPEG and WebP (100: lossless WebP),
    subsampling for JPEG. PhotoError where the format cannot hold a picture of this size.
    """
    limit = _LONGEST_SIDE.get(fmt)
    if limit and max(photo.luma.shape) > limit:
        raise PhotoError(f"{photo.path}: {fmt} ends at {limit} pixels a side; write PNG or TIFF")
    metadata = _metadata(photo, fmt, provenance)
    if fmt == "jpeg":
        data = encode_jpeg(eight_bits(photo.luma), ab, quality, subsampling)
        return jpeg_with_metadata(data, metadata)
    pixels = _pixels(photo, ab, deep=fmt in _DEEP)
    if fmt == "png":
        return png_with_metadata(_encode_png(pixels), metadata)
    if fmt == "tiff":
        return encode_tiff(pixels, metadata)
    return _encode_webp(pixels, quality, metadata)


def losses(photo: Photo, fmt: str) -> tuple[str, ...]:
    """What a format cannot keep of a photo, one plain sentence part each, for the report."""
    metadata, found = photo.metadata, []
    if photo.depth == 16 and fmt not in _DEEP:
        found.append(f"16 bits become 8 in {fmt}; PNG and TIFF keep them")
    if photo.alpha is not None and fmt == "jpeg":
        found.append("transparency is dropped in jpeg")
    if metadata.icc and not icc_for_rgb(metadata.icc):
        found.append("its colour profile is for grey or CMYK and is left out")
    if fmt == "jpeg" and metadata.exif and not fits(EXIF_PREFIX, metadata.exif):
        found.append("its EXIF block is too long for jpeg and is left out")
    if fmt == "jpeg" and metadata.xmp and len(metadata.xmp) > _XMP_KEPT:
        found.append("its XMP packet is too long for jpeg and is replaced")
    return tuple(found)


def write_atomic(path: Path, data: bytes) -> None:
    """Put a whole file in place or none: a temporary beside it, then a rename.

    Permissions follow the umask. OutputError, naming path and cause, when it cannot be written.
    """
    temporary = path.with_name(TEMPORARY_PATTERN.replace("*", secrets.token_hex(8)))
    try:
        with temporary.open("xb") as file:
            file.write(data)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written ({reason}); {_advice(error)}") from error
    finally:
        _remove(temporary)


# A packet grows by some 2 kB when the provenance goes in.
_XMP_KEPT = 60_000


def _metadata(photo: Photo, fmt: str, provenance: Provenance) -> Metadata:
    xmp = xmp_packet(provenance, photo.metadata.xmp)
    if fmt == "jpeg" and not fits(XMP_PREFIX, xmp):
        xmp = xmp_packet(provenance, None)
    return replace(photo.metadata, xmp=xmp, icc=icc_for_rgb(photo.metadata.icc))


def _pixels(photo: Photo, ab: Floats, *, deep: bool) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """(H,W,3) RGB, or (H,W,4) with the photo's alpha."""
    luma, alpha = photo.luma, photo.alpha
    if not deep:
        luma, alpha = eight_bits(luma), None if alpha is None else eight_bits(alpha)
    rgb = coloured(luma, ab)
    return rgb if alpha is None else np.dstack([rgb, alpha])


def _encode_png(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    swap = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, swap), _PNG_SETTINGS)
    if not done:
        raise PhotoError("PNG encoding failed; write TIFF instead")
    return data.tobytes()


def _encode_webp(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], quality: int, metadata: Metadata
) -> bytes:
    blocks = {"exif": metadata.exif, "icc_profile": metadata.icc, "xmp": metadata.xmp}
    data = iio.imwrite(
        "<bytes>",
        pixels,
        plugin="pillow",
        extension=".webp",
        quality=quality,
        lossless=quality == 100,
        method=4,
        **{name: block for name, block in blocks.items() if block},
    )
    return bytes(data)


def _advice(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "free some space or write to another disk"
    return "check the folder and its permissions, or write to another place"


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
