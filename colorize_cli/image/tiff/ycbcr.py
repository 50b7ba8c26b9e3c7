"""YCbCr samples of a TIFF, which no library gives strictly: libtiff goes on after errors without a sign.

JPEG is not meant: its codec gives RGB.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.tiff.layout import Layout, segment_shape, segments_down_across
from colorize_cli.image.tiff.segments import check_memory, encoded_segment, inflated

_COEFFICIENTS, _REFERENCE = 529, 532
_BT601 = (0.299, 0.587, 0.114)
_FULL_RANGE = (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)


def subsampled_bands(page: Any, data: bytes, layout: Layout) -> Iterator[NDArray[np.uint8]]:
    """(rows,W,3) Y, Cb and Cr, where a Cb and a Cr stand behind the Y of several pixels."""
    check_memory(page, layout)
    down, across = segments_down_across(page)
    height, width = segment_shape(page)
    for part in range(down):
        rows = height if page.is_tiled else min(height, page.imagelength - part * height)
        tiles = [
            _unpacked(page, encoded_segment(page, data, part * across + column), rows, width, layout.sub)
            for column in range(across)
        ]
        band = tiles[0] if across == 1 else np.concatenate(tiles, axis=1)
        yield band[: page.imagelength - part * height, : page.imagewidth]


def _unpacked(page: Any, encoded: bytes, rows: int, columns: int, sub: tuple[int, int]) -> NDArray[np.uint8]:
    across, down = sub
    wide, high = -(-columns // across), -(-rows // down)
    block = across * down + 2
    found = np.frombuffer(inflated(page, encoded, wide * high * block), np.uint8)
    blocks = found.reshape(high, wide, block)  # ValueError where bytes are missing
    luma = blocks[..., :-2].reshape(high, wide, down, across).swapaxes(1, 2)
    out = np.empty((high * down, wide * across, 3), np.uint8)
    out[..., 0] = luma.reshape(high * down, wide * across)
    out[..., 1:] = blocks[..., -2:].repeat(down, axis=0).repeat(across, axis=1)
    return out[:rows, :columns]


def rgb_of(ycbcr: NDArray[np.uint8], page: Any) -> NDArray[np.uint8]:
    """(rows,W,3) Y, Cb, Cr -> RGB by the page's coefficients and reference levels."""
    red, green, blue = _numbers(page, _COEFFICIENTS, _BT601)
    levels = _numbers(page, _REFERENCE, _FULL_RANGE)
    if not green or any(levels[i] == levels[i + 1] for i in (0, 2, 4)):
        raise ValueError("its YCbCr coefficients make no sense")
    y, cb, cr = (
        (np.arange(256, dtype=np.float32) - levels[2 * i]) * (top / (levels[2 * i + 1] - levels[2 * i]))
        for i, top in enumerate((255.0, 127.0, 127.0))
    )
    light = y.take(ycbcr[..., 0])
    r = light + (cr * (2 - 2 * red)).take(ycbcr[..., 2])
    b = light + (cb * (2 - 2 * blue)).take(ycbcr[..., 1])
    g = (light - blue * b - red * r) / green
    return np.stack([r, g, b], axis=-1).round().clip(0, 255).astype(np.uint8)


def _numbers(page: Any, tag: int, default: tuple[float, ...]) -> tuple[float, ...]:
    """A tag of fractions, or the default where there is none."""
    found = page.tags.valueof(tag)
    if found is None:
        return default
    pairs = found if len(found) == 2 * len(default) else [x for value in found for x in (value, 1)]
    if len(pairs) != 2 * len(default):
        raise ValueError("its YCbCr coefficients make no sense")
    return tuple(n / d for n, d in zip(pairs[::2], pairs[1::2], strict=True))
