"""Writing pictures: the scan's luminance, the model's colour, and what travelled with the scan."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import imageio.v3 as iio
import numpy as np

from colorize_cli.errors import OutputError, PhotoError
from colorize_cli.image.canvas import Canvas, eight_bits
from colorize_cli.image.carrying import carried, lost_blocks
from colorize_cli.image.colour.cielab import Floats
from colorize_cli.image.colour.rgb import colour_strips
from colorize_cli.image.encoding import DEEP, Encoding, Written
from colorize_cli.image.jpeg.encode import encode_jpeg
from colorize_cli.image.jpeg.lossless import hindrance
from colorize_cli.image.jpeg.segments import jpeg_with_metadata
from colorize_cli.image.metadata.provenance import Provenance
from colorize_cli.image.photo import Metadata, Photo, Pixels
from colorize_cli.image.png.writing import write_png
from colorize_cli.image.tiff.writing import write_tiff

# AVIF may be larger, but libavif's decoder refuses what is (Pillow 13: "cannot identify image file").
_LONGEST_SIDE = {"jpeg": 65535, "webp": 16383, "avif": 32768}
# Quality means effort here: the most takes ten times as long for files a fifth smaller.
_WEBP_LOSSLESS = {"lossless": True, "quality": 0, "method": 0}
# Of 0 to 10; the default 6 takes three times as long for files 5 % smaller.
_AVIF_SPEED = 8


def write_picture(
    path: Path,
    canvas: Canvas,
    ab: Floats,
    encoding: Encoding,
    provenance: Provenance,
    *,
    durable: bool = False,
) -> Written:
    """Write the finished file: the photo's luminance with ab (2,h,w), a square view in CIELAB units.

    `path` must be new. With `durable` the file is on the disk when this returns. PhotoError where the
    format cannot hold a picture of this size, OutputError with cause and advice where it cannot be written.
    """
    return write_file(
        path, lambda file: encode_picture(file, canvas, ab, encoding, provenance), durable=durable
    )


def write_file(path: Path, encode: Callable[[BinaryIO], str], *, durable: bool = False) -> Written:
    """Write a file that must be new by `encode`, which gives its sha256; see `write_picture`."""
    try:
        with path.open("x+b") as file:
            digest = encode(file)
            file.flush()
            if durable:
                os.fsync(file.fileno())
            return Written(file.seek(0, io.SEEK_END), digest)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be written ({_reason(error)}); {_advice(error)}") from error


def encode_picture(
    file: BinaryIO, canvas: Canvas, ab: Floats, encoding: Encoding, provenance: Provenance
) -> str:
    """`write_picture` into an empty file that can be read, too; its sha256 in hex."""
    limit = _LONGEST_SIDE.get(encoding.format)
    if limit and max(canvas.photo.luma.shape) > limit:
        raise PhotoError(
            f"{canvas.photo.path}: {encoding.format} ends at {limit} pixels a side; write PNG or TIFF"
        )
    metadata = carried(canvas.photo.metadata, encoding.format, provenance)
    if encoding.format == "jpeg":
        return _write_all(file, jpeg_with_metadata(encode_jpeg(canvas, ab, encoding), metadata))
    deep = canvas.photo.depth == 16 and encoding.format in DEEP
    channels = 3 if canvas.photo.alpha is None else 4
    shape = (*canvas.photo.luma.shape, channels)
    strips = _strips(canvas, ab, deep)
    if encoding.format == "png":
        write_png(file, strips, shape, deep, metadata)
    elif encoding.format == "tiff":
        write_tiff(file, strips, shape, deep, metadata)
    else:
        return _write_all(file, [_by_pillow(np.concatenate(list(strips)), encoding, metadata)])
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _write_all(file: BinaryIO, pieces: list[bytes]) -> str:
    file.writelines(pieces)
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def losses(photo: Photo, encoding: Encoding) -> tuple[str, ...]:
    """What an encoding cannot keep of a photo, one plain sentence part each, for the report."""
    fmt, found = encoding.format, []
    if encoding.lossless_luma and fmt == "jpeg":
        reason = hindrance(photo.jpeg or b"")
        if reason:
            found.append(f"its luminance is encoded anew, not carried over: {reason}")
    if photo.depth == 16 and fmt not in DEEP:
        found.append(f"16 bits become 8 in {fmt}; PNG and TIFF keep them")
    if photo.alpha is not None and fmt == "jpeg":
        found.append("transparency is dropped in jpeg")
    return (*found, *lost_blocks(photo.metadata, fmt))


def _strips(canvas: Canvas, ab: Floats, deep: bool) -> Iterator[Pixels]:
    """Strips of (h,W,3) RGB, or (h,W,4) with the photo's alpha."""
    photo = canvas.photo
    luma = photo.luma if deep else canvas.luma8
    alpha = photo.alpha if photo.alpha is None or deep else eight_bits(photo.alpha)
    row = 0
    strips = colour_strips(luma, canvas.upsampler, ab, canvas.space)
    for rgb in canvas.watch.each("colour", strips):
        rows = slice(row, row + len(rgb))
        yield rgb if alpha is None else np.concatenate([rgb, alpha[rows, :, None]], axis=2)
        row += len(rgb)


def _by_pillow(pixels: Pixels, encoding: Encoding, metadata: Metadata) -> bytes:
    found = {"exif": metadata.exif, "icc_profile": metadata.icc, "xmp": metadata.xmp}
    settings: dict[str, Any] = {name: block for name, block in found.items() if block}
    settings["quality"] = encoding.quality
    if encoding.format == "avif":
        settings["speed"] = _AVIF_SPEED
    elif encoding.quality == 100:
        settings |= _WEBP_LOSSLESS
    return bytes(iio.imwrite("<bytes>", pixels, plugin="pillow", extension=f".{encoding.format}", **settings))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _advice(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "free some space or write to another disk"
    return "check the folder and its permissions, or write to another place"
