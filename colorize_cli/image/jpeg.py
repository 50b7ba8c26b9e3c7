"""JPEG with the scan's own Y plane: colour goes in as two small planes, no pixel is converted."""

from __future__ import annotations

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from colorize_cli.image.canvas import Canvas
from colorize_cli.image.color import Floats, bt601_luma
from colorize_cli.image.encoding import Encoding, Subsampling
from colorize_cli.image.lossless import with_chroma
from colorize_cli.image.space import Space
from colorize_cli.image.spaced import colours
from colorize_cli.image.upsample import upsample

Bytes = NDArray[np.uint8]

# JFIF: R = Y + 1.402 Cr, G = Y - 0.344 Cb - 0.714 Cr, B = Y + 1.772 Cb.
_RED, _GREEN, _BLUE = (0.0, 1.402), (-0.344136, -0.714136), (1.772, 0.0)


def encode_jpeg(canvas: Canvas, ab: Floats, encoding: Encoding) -> bytes:
    """A photo and a low-resolution (2,h,w) ab -> a JPEG with JFIF header and no other metadata.

    Its Y plane decodes to what that of a grey JPEG of the photo does, or with lossless_luma to the scan's.
    """
    step = 2 if encoding.subsampling is Subsampling.HALF else 1
    cb, cr = chroma_planes(canvas, ab, step)
    if encoding.lossless_luma and canvas.scan_luma is not None:
        return with_chroma(canvas.scan_luma, (cb, cr), encoding.quality, step)
    luma = canvas.luma8_to_halve if step == 2 else canvas.luma8
    return bytes(simplejpeg.encode_jpeg_yuv_planes(luma, cb, cr, quality=encoding.quality))


def chroma_planes(canvas: Canvas, ab: Floats, step: int) -> tuple[Bytes, Bytes]:
    """A photo of (H,W) and (2,h,w) ab -> Cb and Cr, one sample for step x step pixels.

    Scaled towards neutral so far that no pixel under a sample leaves RGB, but for rounding.
    """
    cb, cr = _chroma_at_guide(canvas.guide8, ab, canvas.space)
    rise, fall = _reach(cb, cr)
    darkest, brightest = canvas.extremes(step)
    cb, cr, rise, fall = (_fit(plane, darkest.shape) for plane in (cb, cr, rise, fall))
    share = np.minimum(_share(darkest, fall), _share(255 - brightest, rise))
    return _towards_neutral(cb, share), _towards_neutral(cr, share)


def _chroma_at_guide(guide: NDArray[np.uint16], ab: Floats, space: Space | None) -> tuple[Bytes, Bytes]:
    """Cb and Cr at the guide's size for which the colour has this ab and the guide's luma.

    CIELAB keeps L*, the Y plane keeps luma; for one colour they differ, so the lightness is
    corrected once before the chroma is taken.
    """
    field = upsample(ab, guide)
    rgb = colours(guide, field, space)
    missing = guide - 65535 * bt601_luma(rgb)
    level = np.clip(guide + missing, 0, 65535).astype(np.uint16)
    rgb = colours(level, field, space)
    luma = bt601_luma(rgb)
    cb, cr = (rgb[..., 2] - luma) / 1.772, (rgb[..., 0] - luma) / 1.402
    return _byte(cb * 255 + 128), _byte(cr * 255 + 128)


def _reach(cb: Bytes, cr: Bytes) -> tuple[Bytes, Bytes]:
    """How far the chroma lifts the highest channel over Y and takes the lowest below it, >= 1.

    Both are convex in Cb and Cr, so averages of them are bounds for averages of the chroma, and
    they may be resized beside the planes.
    """
    blue, red = cb.astype(np.float32) - 128, cr.astype(np.float32) - 128
    shifts = [blue * b + red * r for b, r in (_RED, _GREEN, _BLUE)]
    highest, lowest = np.maximum.reduce(shifts), np.minimum.reduce(shifts)
    return _byte(np.ceil(highest) + 1), _byte(np.ceil(-lowest) + 1)


def _fit(plane: Bytes, shape: tuple[int, ...]) -> Bytes:
    """Resize to (h,w) with weights that are never negative, as `_reach` needs."""
    shrinks = shape[0] <= plane.shape[0] and shape[1] <= plane.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, shape[::-1], interpolation=how), dtype=np.uint8)


def _share(room: Bytes, need: Bytes) -> Bytes:
    """How much of the chroma the room allows, 255 for all of it."""
    return np.asarray(cv2.divide(room, need, scale=255), dtype=np.uint8)


def _towards_neutral(chroma: Bytes, share: Bytes) -> Bytes:
    scaled = cv2.multiply(chroma, share, scale=1 / 255)
    grey = 128 - np.rint(np.arange(256) * (128 / 255))
    return np.asarray(cv2.add(scaled, cv2.LUT(share, grey.astype(np.uint8))), dtype=np.uint8)


def _byte(values: Floats) -> Bytes:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
