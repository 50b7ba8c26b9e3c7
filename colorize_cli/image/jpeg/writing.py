"""JPEG with the scan's own Y plane: colour goes in as two small planes, no pixel is converted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from colorize_cli.errors import PhotoError
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.chroma import NEUTRAL, chroma, grey_rows, reach
from colorize_cli.image.colour.cielab import Floats
from colorize_cli.image.colour.upsample import Upsampler, enlarge, resize
from colorize_cli.image.encoding import Encoding, Subsampling
from colorize_cli.image.jpeg.lossless import hindrance, in_one_scan, luma_at, luma_of, with_chroma
from colorize_cli.image.jpeg.scans import Jpeg, serialise
from colorize_cli.image.jpeg.segments import jpeg_with_metadata
from colorize_cli.image.photo import Metadata, Photo

Bytes = NDArray[np.uint8]

_STRIP_ROWS = 64


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
        whole = with_chroma(luma, (cb, cr), encoding.quality, step)
        return serialise(whole if encoding.separate_scans else in_one_scan(whole))
    plane = canvas.shared("luma to halve", lambda: _to_halve(canvas.luma8)) if step == 2 else canvas.luma8
    return [bytes(simplejpeg.encode_jpeg_yuv_planes(plane, cb, cr, quality=encoding.quality))]


def _scan_of_luma(canvas: Canvas, encoding: Encoding) -> Jpeg | None:
    """The luminance as it stands in all variants, None where it is to be coded between the chroma."""
    if encoding.lossless_luma:
        kept = canvas.shared("luma of the scan", lambda: _kept_luma(canvas.photo))
        if kept is not None:
            return kept
    if not encoding.separate_scans:
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


def _to_halve(luma: Bytes) -> Bytes:
    """The luminance for an encoder with chroma of half the size: its edges repeated in the memory behind.

    At odd sizes libjpeg-turbo reads a row and a column more than there are. What it found there was in
    the last blocks: up to 22 levels at quality 92, and other bytes in every run.
    """
    height, width = luma.shape
    return _even_sided(luma)[:height, :width]


def chroma_planes(canvas: Canvas, ab: Floats, step: int) -> tuple[Bytes, Bytes]:
    """A photo of (H,W) and (2,h,w) ab -> Cb and Cr, one sample for step x step pixels.

    Scaled towards neutral so far that no pixel under a sample leaves RGB, but for rounding.
    """
    field = np.ascontiguousarray(np.moveaxis(ab, 0, -1), dtype=np.float32)
    upsampler, rows = canvas.shared(("guide of chroma", step), lambda: _guide(canvas, step))
    # Saturates where convertScaleAbs would mirror what is below -128.
    whole = cv2.add(upsampler(field), np.full(4, NEUTRAL, np.float64), dtype=cv2.CV_8U)
    planes = chroma(rows, np.asarray(whole, dtype=np.uint8), canvas.space)
    room = canvas.shared(("room", step), lambda: _room(canvas.luma8, step))
    needed, planes = (enlarge(pair, room.shape[:2]) for pair in (reach(planes), planes))
    return _within(room, needed, planes)


def _guide(canvas: Canvas, step: int) -> tuple[Upsampler, NDArray[np.intp]]:
    """What brings colour to the size of the guide, or to that of the chroma where it is smaller, and the
    greys there as `chroma.chroma` takes them.
    """
    whole = canvas.upsampler.guide
    samples = (-(-side // step) for side in canvas.photo.luma.shape)
    small = resize(whole, *(min(sides) for sides in zip(whole.shape, samples, strict=True)))
    upsampler = canvas.upsampler if small.shape == whole.shape else canvas.upsampler.onto(small)
    return upsampler, grey_rows(small)


def _room(luma: Bytes, step: int) -> Bytes:
    """(h,w,2) how far the pixels under each chroma sample are from white, and from black."""
    darkest, brightest = (_of_fours(luma, f) if step == 2 else luma for f in (cv2.min, cv2.max))
    return np.asarray(cv2.merge((255 - brightest, darkest)), dtype=np.uint8)


def _of_fours(plane: Bytes, choose: Callable[[Any, Any], Any]) -> Bytes:
    """(H,W) -> for each 2x2 samples the one chosen, (ceil(H/2),ceil(W/2))."""
    plane = _even_sided(plane)
    # Two neighbours as one number: a third of the time that strided access takes.
    pairs = np.ascontiguousarray(choose(plane[::2], plane[1::2])).view("<u2")
    return np.asarray(choose((pairs & 255).astype(np.uint8), (pairs >> 8).astype(np.uint8)), dtype=np.uint8)


def _even_sided(plane: Bytes) -> Bytes:
    """(H,W) -> the same, odd sides made even by a repetition of the last row and column."""
    height, width = plane.shape
    if height % 2 == 0 and width % 2 == 0:
        return plane
    even = cv2.copyMakeBorder(plane, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return np.asarray(even, dtype=np.uint8)


def _within(room: Bytes, needed: Bytes, planes: Bytes) -> tuple[Bytes, Bytes]:
    """(h,w,2) chroma -> Cb and Cr, scaled towards neutral where they need more room than there is."""
    cb, cr = (np.empty(room.shape[:2], np.uint8) for _ in range(2))
    # In strips the four steps stay in a core's cache (12 MP: 3.8 instead of 7.4 ms).
    for top in range(0, len(room), _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        share = cv2.min(*cv2.split(cv2.divide(room[rows], needed[rows], scale=255)))
        grey = cv2.convertScaleAbs(share, alpha=-NEUTRAL / 255, beta=NEUTRAL)
        for out, plane in zip((cb, cr), cv2.split(planes[rows]), strict=True):
            out[rows] = cv2.add(cv2.multiply(plane, share, scale=1 / 255), grey)
    return cb, cr
