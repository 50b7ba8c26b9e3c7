"""Colour fields as the chroma planes of a JPEG, by way of a table: no colour is converted per pixel."""

from __future__ import annotations

import threading
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.colour.cielab import Floats, bt601_luma
from colorize_cli.image.colour.samples import colours
from colorize_cli.image.colour.space import Space

Bytes = NDArray[np.uint8]

# JFIF: R = Y + 1.402 Cr, G = Y - 0.344 Cb - 0.714 Cr, B = Y + 1.772 Cb.
_RED, _GREEN, _BLUE = (0.0, 1.402), (-0.344136, -0.714136), (1.772, 0.0)

# The table has 64 greys and every whole a and b. It is computed for every fourth a and b and filled in
# between: 20 instead of 190 ms, once in a process.
_GREYS, _SIDE, _STEP = 64, 256, 4
# Or every thread builds the table that the first photos ask for.
_BUILDING = threading.Lock()

NEUTRAL = 128  # what stands for 0 in a byte of a, b, Cb or Cr


def grey_rows(guide: NDArray[np.uint16]) -> NDArray[np.intp]:
    """(H,W) grey of 16 bits -> where in the table of `chroma` its colours begin."""
    return (guide >> 10).astype(np.intp) * _SIDE**2


def chroma(rows: NDArray[np.intp], ab: Bytes, space: Space | None) -> Bytes:
    """`grey_rows` (H,W) and (H,W,2) bytes of a and b -> (H,W,2) Cb and Cr.

    The colour has this a and b, so far as sRGB allows, and for its luma the grey.
    """
    if space is not None and space.is_srgb:
        space = None
    index = rows + np.ascontiguousarray(ab).view("<u2")[..., 0]
    with _BUILDING:
        table = _table(space)
    return _pairs(table.take(index, mode="clip"))


def prepare() -> None:
    """Make the table for sRGB, a third of a second's work, before a picture waits for it."""
    with _BUILDING:
        _table(None)


def reach(planes: Bytes) -> Bytes:
    """(H,W,2) Cb and Cr -> how far they lift the highest channel over Y and take the lowest below, >= 1.

    Both are convex in Cb and Cr, so averages of them are bounds for averages of the chroma, and
    they may be resized beside the planes.
    """
    index = np.ascontiguousarray(planes).view("<u2")[..., 0]
    return _pairs(_reaches().take(index, mode="clip"))


def _packed(pairs: NDArray[np.floating]) -> NDArray[np.uint16]:
    whole = np.clip(np.rint(pairs), 0, 255).astype(np.uint8)
    packed: NDArray[np.uint16] = whole.view("<u2").ravel()
    return packed


def _pairs(packed: NDArray[np.uint16]) -> Bytes:
    return packed.view(np.uint8).reshape(*packed.shape, 2)


@lru_cache(maxsize=4)
def _table(space: Space | None) -> NDArray[np.uint16]:
    """Cb in the low byte and Cr in the high one, by grey, b and a."""
    nodes = np.arange(0, _SIDE + 1, _STEP, dtype=np.float32) - NEUTRAL
    greys = np.repeat(np.arange(_GREYS) * 1024 + 512, len(nodes) ** 2).reshape(-1, len(nodes))
    b, a = (np.tile(axis, (_GREYS, 1)) for axis in np.meshgrid(nodes, nodes, indexing="ij"))
    exact = _exact(greys.astype(np.uint16), np.stack([a, b]), space).reshape(_GREYS, len(nodes), -1, 2)
    between = np.array([[1 / _STEP, 0, 0], [0, 1 / _STEP, 0]])
    # One grey after the other: as floats all of them together take 100 MB.
    filled = (
        cv2.warpAffine(part, between, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        for part in exact
    )
    return np.concatenate([_packed(np.asarray(part)) for part in filled])


def _exact(grey: NDArray[np.uint16], ab: Floats, space: Space | None) -> Floats:
    """(h,w) grey and (2,h,w) ab -> (h,w,2) Cb and Cr.

    CIELAB keeps L*, the Y plane keeps luma; for one colour they differ, so the lightness is
    corrected once before the chroma is taken.
    """
    missing = grey - 65535 * bt601_luma(colours(grey, ab, space))
    level = np.clip(grey + missing, 0, 65535).astype(np.uint16)
    rgb = colours(level, ab, space)
    luma = bt601_luma(rgb)
    planes = np.stack([(rgb[..., 2] - luma) / 1.772, (rgb[..., 0] - luma) / 1.402], axis=-1)
    return np.asarray(planes * 255 + NEUTRAL, dtype=np.float32)


@cache
def _reaches() -> NDArray[np.uint16]:
    """The rise in the low byte and the fall in the high one, by Cr and Cb."""
    red, blue = np.meshgrid(*[np.arange(256) - NEUTRAL] * 2, indexing="ij")
    shifts = [blue * b + red * r for b, r in (_RED, _GREEN, _BLUE)]
    rise, fall = np.maximum.reduce(shifts), -np.minimum.reduce(shifts)
    both = np.stack([np.ceil(rise) + 1, np.ceil(fall) + 1], axis=-1)
    return _packed(both)
