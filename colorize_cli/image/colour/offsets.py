"""Large pictures of 8 bits in sRGB: red and blue by how far the guide's are from grey."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.colour.cielab import Floats, into_gamut
from colorize_cli.image.colour.srgb import encoded_byte, green_light, samples
from colorize_cli.image.colour.upsample import enlarge

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int16]

_GUIDE_ROWS = 64  # converted at a time
# What rounding may take light out of [0,1] by; a step of the darkest levels is fifteen times that.
_SLACK = 2e-5


def offset_strips(luma: Bytes, guide: NDArray[np.uint16], ab: Floats, rows: int) -> Iterator[Bytes]:
    """(H,W) grey, its (h,w) guide of 16 bits and (2,h,w) ab -> (rows,W,3) sRGB, from top to bottom.

    Red and blue are computed at the guide's size. Their distance to grey changes little with the grain that
    the guide has lost, so it is enlarged and added to the grey; green then makes the luminance that of the
    grey, as in `srgb.samples`. Pixels that this would take out of the range are computed by themselves.
    """
    ab, luma = np.ascontiguousarray(ab), np.ascontiguousarray(luma)
    offsets = enlarge(_offsets(guide, ab), (luma.shape[0], luma.shape[1]))
    for start in range(0, len(luma), rows):
        part = slice(start, min(start + rows, len(luma)))
        rgb, outside = _coloured(luma[part], offsets[part])
        if len(outside):
            rgb.reshape(-1, 3)[outside] = _exact(luma, outside + start * luma.shape[1], ab)
        yield rgb


def _offsets(guide: NDArray[np.uint16], ab: Floats) -> Offsets:
    """(h,w,2): red and blue above grey, in levels of 8 bits."""
    offsets = np.empty((*guide.shape, 2), np.int16)
    for top in range(0, len(guide), _GUIDE_ROWS):
        part = slice(top, top + _GUIDE_ROWS)
        rgb = samples(guide[part], into_gamut(guide[part], ab[:, part]))
        above = rgb[..., ::2].astype(np.float32) - guide[part, :, None]
        offsets[part] = np.rint(above * np.float32(1 / 257))
    return offsets


def _coloured(grey: Bytes, offsets: Offsets) -> tuple[Bytes, NDArray[np.intp]]:
    """(h,w) and (h,w,2) -> (h,w,3) sRGB, and which of its pixels, counted by rows, are not in the range."""
    sums: list[Any] = [cv2.add(cast(Any, grey), part, dtype=cv2.CV_16S) for part in cv2.split(offsets)]
    red, blue = (np.asarray(cv2.convertScaleAbs(cv2.max(part, cast(Any, 0))), np.uint8) for part in sums)
    light = green_light(grey, red, blue)
    bounds = ((light, -_SLACK, 1 + _SLACK), (sums[0], 0, 255), (sums[1], 0, 255))
    fits = [np.asarray(cv2.inRange(values, low, high), np.uint8) for values, low, high in bounds]
    outside = np.flatnonzero((fits[0] & fits[1] & fits[2]) == 0)
    return np.asarray(cv2.merge((red, encoded_byte(light), blue)), np.uint8), outside


def _exact(luma: Bytes, pixels: NDArray[np.intp], ab: Floats) -> Bytes:
    """(n,3) sRGB of n pixels, counted by rows; ab is (2,h,w)."""
    (height, width), (_, rows, columns) = luma.shape, ab.shape
    nearest = (pixels // width * rows // height) * columns + pixels % width * columns // width
    grey = luma.reshape(-1).take(pixels)[None]
    here = ab.reshape(2, -1).take(nearest, axis=1)[:, None]
    return np.asarray(samples(grey, into_gamut(grey, here))[0], np.uint8)
