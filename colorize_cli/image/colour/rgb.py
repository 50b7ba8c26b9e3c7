"""The finished picture as RGB pixels, for every format but JPEG."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from colorize_cli.image.colour.cielab import Floats
from colorize_cli.image.colour.mount import upsampler_of
from colorize_cli.image.colour.offsets import offset_strips
from colorize_cli.image.colour.samples import samples
from colorize_cli.image.colour.space import Space
from colorize_cli.image.colour.upsample import Upsampler
from colorize_cli.image.photo import Grey, Pixels

STRIP_ROWS = 64
# Pixels converted at a time: with more their floats leave a core's cache, with fewer two threads wait more
# for the GIL (24 MP on two cores at once: 475 ms by 50,000, 430 here, 480 by 400,000).
_AT_ONCE = 150_000


def colour_picture(luma: Grey, ab: Floats, space: Space | None = None) -> Pixels:
    """(H,W) grey and a low-resolution (2,h,w) ab -> (H,W,3) RGB of the same depth.

    The grey can be had back exactly (`samples.grey_of`); chroma is reduced where sRGB has no such colour, and
    a white border has none. Both are encoded as space says, in sRGB where there is none.
    """
    return np.concatenate(list(colour_strips(luma, upsampler_of(luma), ab, space)))


def colour_strips(
    luma: Grey, upsampler: Upsampler, ab: Floats, space: Space | None = None
) -> Iterator[Pixels]:
    """`colour_picture` from top to bottom, STRIP_ROWS at a time; `upsampler` is that of the luma's guide."""
    height, width = luma.shape
    field = np.ascontiguousarray(np.moveaxis(ab, 0, -1), dtype=np.float32)
    guided = np.moveaxis(upsampler(field), -1, 0)
    if _by_offsets(luma, upsampler, space):
        yield from offset_strips(np.asarray(luma, np.uint8), upsampler.guide, guided, STRIP_ROWS)
        return
    enlarged = _Enlargement(guided, (height, width))
    step = max(1, _AT_ONCE // width)
    for start in range(0, height, STRIP_ROWS):
        strip = np.empty((min(STRIP_ROWS, height - start), width, 3), dtype=luma.dtype)
        for top in range(0, len(strip), step):
            part = slice(start + top, min(start + top + step, start + len(strip)))
            strip[top : top + step] = samples(luma[part], enlarged.rows(part), space)
        yield strip


def _by_offsets(luma: Grey, upsampler: Upsampler, space: Space | None) -> bool:
    """Whether the picture is so much larger than its guide that `offsets` is the faster way."""
    srgb = space is None or space.is_srgb
    return srgb and luma.dtype == np.uint8 and luma.size >= 4 * upsampler.guide.size


class _Enlargement:
    """A (2,h,w) field brought to (H,W) bilinearly, a few rows at a time."""

    def __init__(self, field: Floats, shape: tuple[int, int]) -> None:
        height, self._width = shape
        last = field.shape[1] - 1
        self._field = field
        centre = (np.arange(height, dtype=np.float32) + 0.5) * ((last + 1) / height) - 0.5
        centre = np.clip(centre, 0, last)
        self._above = centre.astype(np.intp)
        self._below = np.minimum(self._above + 1, last)
        self._weight = (centre - self._above).astype(np.float32)[:, None]

    def rows(self, rows: slice) -> Floats:
        """(2,rows,W)"""
        above, below = self._above[rows], self._below[rows]
        first, end = above[0], below[-1] + 1
        # Only these at the whole width: all of them took 100 MB for each picture of 100 megapixels.
        wide = np.stack([cv2.resize(plane[first:end], (self._width, end - first)) for plane in self._field])
        upper = wide[:, above - first]
        return np.asarray(upper + (wide[:, below - first] - upper) * self._weight[rows])
