"""Writing pictures: the scan's luminance, the model's colour, and what travels with the scan."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import BinaryIO

from colorize_cli.common.atomic import StoredFile, temporary_name, write_new
from colorize_cli.errors import PhotoError
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.certificates import Signing
from colorize_cli.image.codecs import CODECS
from colorize_cli.image.colour.cielab import Floats
from colorize_cli.image.delivery import delivered_metadata
from colorize_cli.image.encoding import Encoding
from colorize_cli.image.formats import FORMATS
from colorize_cli.image.metadata.provenance import Provenance


def write_picture(
    path: Path,
    canvas: Canvas,
    ab: Floats,
    encoding: Encoding,
    provenance: Provenance,
    *,
    signing: Signing | None = None,
    durable: bool = False,
) -> StoredFile:
    """Write the finished file: the photo's luminance with ab (2,h,w), a square view in CIELAB units.

    `path` must be new, as `write_new` has it. PhotoError where the format cannot hold a picture of this size.
    """

    def write(file: BinaryIO) -> None:
        encode_picture(file, canvas, ab, encoding, provenance)

    if signing is None:
        return write_new(path, write, durable=durable)
    from colorize_cli.image.signing import sign

    unsigned, scan = path.with_name(temporary_name()), (canvas.photo.path, canvas.photo.format)
    write_new(unsigned, write)
    try:
        with unsigned.open("rb") as source:
            signed = partial(sign, signing, encoding.format, scan, provenance, source)
            return write_new(path, signed, durable=durable)
    finally:
        unsigned.unlink()


def encode_picture(
    file: BinaryIO, canvas: Canvas, ab: Floats, encoding: Encoding, provenance: Provenance
) -> None:
    """`write_picture` into an empty file that can be read, too."""
    fmt, encode, photo = FORMATS[encoding.format], CODECS[encoding.format].encode, canvas.photo
    assert encode is not None, f"{fmt.name} is only read"
    if fmt.longest_side and max(photo.luma.shape) > fmt.longest_side:
        raise PhotoError(
            f"{photo.path}: {fmt.name} ends at {fmt.longest_side} pixels a side; write PNG or TIFF"
        )
    encode(file, canvas, ab, encoding, delivered_metadata(photo.metadata, fmt, provenance))
