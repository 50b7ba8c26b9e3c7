"""Writing pictures: the scan's luminance, the model's colour, and what travelled with the scan."""

from __future__ import annotations

import contextlib
import errno
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import imageio.v3 as iio
import numpy as np

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
from colorize_cli.image.photo import Metadata, Photo, Pixels
from colorize_cli.image.pixels import colour_picture, eight_bits
from colorize_cli.image.provenance import Provenance, xmp_packet
from colorize_cli.image.tiff_writing import encode_tiff

FORMATS = ("jpeg", "png", "tiff", "webp")
# What is left of a JPEG's 64 kB for the packet found in the scan; the provenance adds some 2 kB.
_XMP_KEPT = 60_000
TEMPORARY_PATTERN = ".colorize-*.tmp"
_LONGEST_SIDE = {"jpeg": 65535, "webp": 16383}
_DEEP = ("png", "tiff")
# Level 4 takes 1.4 times as long for files 8 % smaller, cv2's default 0.6 for 24 % larger ones.
_PNG_SETTINGS = (cv2.IMWRITE_PNG_COMPRESSION, 1)
# Quality means effort here: the most takes ten times as long for files a fifth smaller.
_WEBP_LOSSLESS = {"lossless": True, "quality": 0, "method": 0}


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

    Missing folders are made; permissions follow the umask. OutputError, naming path and cause,
    when it cannot be written.
    """
    temporary = path.with_name(TEMPORARY_PATTERN.replace("*", secrets.token_hex(8)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written ({reason}); {_advice(error)}") from error
    finally:
        _remove(temporary)


def _metadata(photo: Photo, fmt: str, provenance: Provenance) -> Metadata:
    xmp = xmp_packet(provenance, photo.metadata.xmp)
    if fmt == "jpeg" and not fits(XMP_PREFIX, xmp):
        xmp = xmp_packet(provenance, None)
    return replace(photo.metadata, xmp=xmp, icc=icc_for_rgb(photo.metadata.icc))


def _pixels(photo: Photo, ab: Floats, *, deep: bool) -> Pixels:
    """(H,W,3) RGB, or (H,W,4) with the photo's alpha."""
    luma, alpha = photo.luma, photo.alpha
    if not deep:
        luma, alpha = eight_bits(luma), None if alpha is None else eight_bits(alpha)
    rgb = colour_picture(luma, ab)
    return rgb if alpha is None else np.concatenate([rgb, alpha[..., None]], axis=2)


def _encode_png(pixels: Pixels) -> bytes:
    swap = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, swap), _PNG_SETTINGS)
    if not done:
        raise PhotoError("PNG encoding failed; write TIFF instead")
    return data.tobytes()


def _encode_webp(pixels: Pixels, quality: int, metadata: Metadata) -> bytes:
    found = {"exif": metadata.exif, "icc_profile": metadata.icc, "xmp": metadata.xmp}
    settings: dict[str, Any] = {name: block for name, block in found.items() if block}
    settings |= {"quality": quality} if quality < 100 else _WEBP_LOSSLESS
    return bytes(iio.imwrite("<bytes>", pixels, plugin="pillow", extension=".webp", **settings))


def _advice(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "free some space or write to another disk"
    return "check the folder and its permissions, or write to another place"


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
