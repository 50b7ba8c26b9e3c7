"""A colour JPEG with the luminance coefficients of a JPEG scan, so that its grey is the scan's, bit for bit.

Decoders compute the grey of a JPEG from its luminance coefficients and their quantisation table alone; both
are carried over untouched. A grey scan's coded bytes are copied as they stand and the chroma follows in scans
of its own; only luminance that lies between chroma has to be coded anew, from the same coefficients.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from colorize_cli.common.installing import install_command
from colorize_cli.errors import PhotoError
from colorize_cli.image.jpeg.scans import (
    PROGRESSIVE,
    Jpeg,
    combined,
    first_component,
    is_separable,
    parse,
    renamed,
    serialise,
)
from colorize_cli.image.jpeg.segments import jpeg_metadata
from colorize_cli.image.metadata.exif import exif_orientation

# jpeglib keeps the markers of the file it reads in variables of the process: two threads at once end it
# (double free, in each of two trials of 400 pictures).
_JPEGLIB = threading.Lock()


def require() -> None:
    """PhotoError, with what to install, where jpeglib is missing; grey scans do without it."""
    try:
        import jpeglib  # noqa: F401
    except ModuleNotFoundError:
        command = install_command("lossless")
        raise PhotoError(f"--lossless-luma needs one more package for scans in colour: {command}") from None


def hindrance(scan: bytes) -> str | None:
    """Why a scan's luminance cannot be carried over as it stands; None if it can."""
    if scan[:3] != b"\xff\xd8\xff":
        return "it is no JPEG"
    try:
        space = simplejpeg.decode_jpeg_header(scan, strict=False)[2]
    except (KeyError, ValueError):
        return "its JPEG has colours of an unusual size"
    if space not in ("Gray", "YCbCr"):
        return "its JPEG does not hold luminance as such"
    # Turning coefficients would move the edge blocks that stand over the picture's sides.
    if exif_orientation(jpeg_metadata(scan)[0].exif or b"") != 1:
        return "its EXIF says that it is to be turned"
    return None


def luma_of(scan: bytes) -> Jpeg:
    """The luminance of a scan without hindrance as a grey JPEG of the same coefficients.

    PhotoError where it cannot be had, also for want of jpeglib.
    """
    try:
        found = parse(scan)
        if any(h * v > found.components[0][1] * found.components[0][2] for _, h, v in found.components):
            raise ValueError("its luminance is smaller than its chroma")
        return first_component(found) if is_separable(found) else _coded_alone(found)
    except (ValueError, KeyError, IndexError, OSError) as error:
        raise PhotoError(
            f"its luminance cannot be carried over ({error}); leave --lossless-luma out"
        ) from None


def luma_at(quality: int, luma: NDArray[np.uint8], scan: bytes | None) -> Jpeg:
    """(H,W) luminance as a grey JPEG of this quality.

    Taken from the scan, a JPEG of the same luminance, where that is a sequential grey one quantised no finer:
    encoding it anew would cost accuracy and time and save nothing.
    """
    if scan is not None and hindrance(scan) is None:
        with contextlib.suppress(ValueError, KeyError, IndexError):
            found = parse(scan)
            grey = len(found.components) == 1 and found.frame != PROGRESSIVE
            if grey and _is_as_coarse(found.quantisation[0], quality):
                return first_component(found)
    return parse(simplejpeg.encode_jpeg(luma[..., None], quality=quality, colorspace="GRAY"))


def _is_as_coarse(table: bytes, quality: int) -> bool:
    steps = np.frombuffer(table, np.uint8 if len(table) == 64 else ">u2").astype(int)
    return bool((steps >= np.frombuffer(_luma_table(quality), np.uint8)).all())


@cache
def _luma_table(quality: int) -> bytes:
    """What libjpeg quantises luminance with, in the order of DQT."""
    return parse(
        simplejpeg.encode_jpeg(np.zeros((8, 8, 1), np.uint8), quality=quality, colorspace="GRAY")
    ).quantisation[0]


def with_chroma(luma: Jpeg, planes: Sequence[NDArray[np.uint8]], quality: int, step: int) -> Jpeg:
    """The luminance with Cb and Cr, 1/step as high and wide."""
    chroma = [_grey_jpeg(plane, quality, luma.frame == PROGRESSIVE) for plane in planes]
    return combined(luma, chroma, step)


def _grey_jpeg(plane: NDArray[np.uint8], quality: int, progressive: bool) -> Jpeg:
    tables = [_chroma_table(quality)]
    with _file_in_memory() as out:
        Image.fromarray(plane).save(out, "JPEG", qtables=tables, progressive=progressive)
        out.seek(0)
        return parse(out.read())


def _file_in_memory() -> BinaryIO:
    """A file with a descriptor: to one without, Pillow encodes under the interpreter's lock (two threads
    took 6.2 ms for what they take 3.6 ms for here).
    """
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("colorize"), "w+b")
    return cast(BinaryIO, tempfile.TemporaryFile())


@cache
def _chroma_table(quality: int) -> tuple[int, ...]:
    """What libjpeg quantises chroma with, in the order in which Pillow takes it."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", quality=quality)
    with Image.open(out) as image:
        return tuple(image.quantization[1])  # type: ignore[attr-defined]


def in_one_scan(jpeg: Jpeg) -> Jpeg:
    """The same coefficients in the one scan that every reader knows.

    A progressive JPEG stays as it is, for those that read it at all expect scans of one component; and so
    does every other where jpeglib is missing (`delivery.losses` says so).
    """
    if jpeg.frame == PROGRESSIVE or not is_installed():
        return jpeg
    import jpeglib

    with tempfile.TemporaryDirectory(prefix="colorize-") as folder, _JPEGLIB:
        apart, together = Path(folder, "apart.jpg"), Path(folder, "together.jpg")
        apart.write_bytes(b"".join(serialise(jpeg)))
        jpeglib.read_dct(str(apart)).write_dct(str(together))
        found = parse(together.read_bytes())
    return renamed(replace(found, quantisation=jpeg.quantisation), [name for name, _, _ in jpeg.components])


def is_installed() -> bool:
    """Whether jpeglib is there."""
    return importlib.util.find_spec("jpeglib") is not None


def _coded_alone(found: Jpeg) -> Jpeg:
    """The first component of a JPEG whose scans hold several, by way of its coefficients."""
    require()
    import jpeglib

    # Without metadata: jpeglib has room for 49 markers.
    with tempfile.TemporaryDirectory(prefix="colorize-") as folder, _JPEGLIB:
        whole, alone = Path(folder, "whole.jpg"), Path(folder, "alone.jpg")
        whole.write_bytes(b"".join(serialise(found)))
        source = jpeglib.read_dct(str(whole))
        table = source.qt[source.quant_tbl_no[0]][None]
        jpeglib.from_dct(source.Y, qt=table).write_dct(str(alone))
        coded = parse(alone.read_bytes())
    # It counts whole blocks only; and the table is the scan's own, byte for byte.
    return replace(coded, height=found.height, width=found.width, quantisation=found.quantisation[:1])
