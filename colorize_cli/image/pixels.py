"""The finished picture as RGB pixels, for every format but JPEG."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.color import Floats, into_gamut, lab_to_rgb
from colorize_cli.image.photo import Grey, Pixels
from colorize_cli.image.upsample import guide, upsample

# Rows converted at a time: some 30 MB of floats for a scan 12,000 pixels wide.
STRIP_ROWS = 64


def colour_picture(luma: Grey, ab: Floats) -> Pixels:
    """(H,W) grey and a low-resolution (2,h,w) ab -> (H,W,3) RGB of the same depth.

    L* is the grey's, exact but for rounding; chroma is reduced where sRGB has no such colour.
    """
    return np.concatenate(list(colour_strips(luma, guide(luma), ab)))


def colour_strips(luma: Grey, guide: NDArray[np.uint16], ab: Floats) -> Iterator[Pixels]:
    """`colour_picture` from top to bottom, a few rows at a time; `guide` is that of the luma."""
    top = np.iinfo(luma.dtype).max
    for rows, strip in _strips(upsample(ab, guide), luma.shape):
        grey = luma[rows]
        exact = lab_to_rgb(grey, into_gamut(grey, strip))
        whole = np.clip(np.rint(exact * top), 0, top)
        yield whole.astype(np.uint8) if top == 255 else whole.astype(np.uint16)


def _strips(field: Floats, shape: tuple[int, ...]) -> Iterator[tuple[slice, Floats]]:
    """(2,h,w) -> bilinear (2,rows,W) for strip after strip of the (H,W) picture."""
    height, width = shape
    wide = np.stack([cv2.resize(plane, (width, field.shape[1])) for plane in field])
    centre = (np.arange(height, dtype=np.float32) + 0.5) * (field.shape[1] / height) - 0.5
    centre = np.clip(centre, 0, field.shape[1] - 1)
    above = centre.astype(np.intp)
    below = np.minimum(above + 1, field.shape[1] - 1)
    weight = (centre - above).astype(np.float32)[:, None]
    for start in range(0, height, STRIP_ROWS):
        rows = slice(start, min(height, start + STRIP_ROWS))
        upper = wide[:, above[rows]]
        yield rows, upper + (wide[:, below[rows]] - upper) * weight[rows]
