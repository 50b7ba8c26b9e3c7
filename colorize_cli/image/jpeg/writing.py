"""JPEG with the scan's own Y plane: colour goes in as two small planes, no pixel is converted."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from colorize_cli.errors import PhotoError
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.cielab import Floats
from colorize_cli.image.encoding import Encoding, Subsampling
from colorize_cli.image.jpeg.chroma_planes import chroma_planes, even_sided
from colorize_cli.image.jpeg.lossless import hindrance, luma_at, luma_of, with_chroma
from colorize_cli.image.jpeg.scans import Jpeg, serialise
from colorize_cli.image.jpeg.segments import jpeg_with_metadata
from colorize_cli.image.photo import Metadata, Photo


def write_jpeg(file: BinaryIO, canvas: Canvas, ab: Floats, encoding: Encoding, metadata: Metadata) -> None:
    """A JPEG with a photo's luminance, ab (2,h,w), a square view, and all blocks that fit."""
    file.writelines(jpeg_with_metadata(encode_jpeg(canvas, ab, encoding), metadata))


def encode_jpeg(canvas: Canvas, ab: Floats, encoding: Encoding) -> list[bytes]:
    """A photo and a low-resolution (2,h,w) ab -> a JPEG with JFIF header and no other metadata, in pieces.

    The first begins with SOI and JFIF. The Y plane decodes to what that of a grey JPEG of the photo does,
    or with lossless_luma to the scan's.
    """
    step = 2 if encoding.subsampling is Subsampling.HALF else 1
    with canvas.watch.stage("colour"):
        cb, cr = chroma_planes(canvas, ab, step)
    luma = _scan_of_luma(canvas, encoding)
    if luma is not None:
        return serialise(with_chroma(luma, (cb, cr), encoding.quality, step))
    plane = canvas.shared("luma to halve", lambda: _to_halve(canvas.luma8)) if step == 2 else canvas.luma8
    return [bytes(simplejpeg.encode_jpeg_yuv_planes(plane, cb, cr, quality=encoding.quality))]


def _scan_of_luma(canvas: Canvas, encoding: Encoding) -> Jpeg | None:
    """The luminance as it stands in all variants, None where it is to be coded between the chroma."""
    if encoding.lossless_luma:
        kept = canvas.shared("luma of the scan", lambda: _kept_luma(canvas.photo))
        if kept is not None:
            return kept
    if encoding.interleaved:
        return None
    quality = encoding.quality
    return canvas.shared(("luma", quality), lambda: _coded_luma(canvas, quality))


def _kept_luma(photo: Photo) -> Jpeg | None:
    """The scan's luminance if it can be carried over as it stands; PhotoError if the file has changed."""
    if photo.jpeg is None or hindrance(photo.jpeg) is not None:
        return None
    try:
        return luma_of(photo.jpeg)
    except PhotoError as error:
        raise PhotoError(f"{photo.path}: {error}") from None


def _coded_luma(canvas: Canvas, quality: int) -> Jpeg:
    """The luminance as a grey JPEG; the scan's own if that is coarse enough."""
    # What libjpeg complained of in the scan is not handed on.
    sound = None if canvas.photo.warnings else canvas.photo.jpeg
    return luma_at(quality, canvas.luma8, sound)


def _to_halve(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The luminance for an encoder with chroma of half the size: its edges repeated in the memory behind.

    At odd sizes libjpeg-turbo reads a row and a column more than there are. What it found there was in
    the last blocks: up to 22 levels at quality 92, and other bytes in every run.
    """
    height, width = luma.shape
    return even_sided(luma)[:height, :width]
