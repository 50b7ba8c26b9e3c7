"""Grey, transparency and a few colours of a picture that comes in bands of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorize_cli.image.colour.already_colour import THUMBNAIL
from colorize_cli.image.photo import Grey, Pixels
from colorize_cli.image.planes import Planes

_LEAST_ROWS = 64


def thumbnail_step(height: int, width: int, deep: bool) -> int:
    """Rows and columns to a pixel of the few colours."""
    return max(1, max(height, width) // ((4 if deep else 2) * THUMBNAIL))


def in_rows(bands: Iterable[NDArray[Any]], step: int) -> Iterator[NDArray[Any]]:
    """The same rows in bands of one small multiple of `step`, but for the last."""
    rows = step * -(-_LEAST_ROWS // step)
    waiting: list[NDArray[Any]] = []
    missing = rows
    for band in bands:
        at = 0
        while at < len(band):
            piece = band[at : at + missing]
            waiting.append(piece)
            at, missing = at + len(piece), missing - len(piece)
            if not missing:
                yield _joined(waiting)
                waiting, missing = [], rows
    if waiting:
        yield _joined(waiting)


def planes_of(
    bands: Iterable[tuple[Pixels, Grey | None]], height: int, width: int, step: int, deep: bool
) -> Planes:
    """The planes of bands of (rows,W,1 or 3) pixels and (rows,W) alpha or None, rows as from `in_rows`."""
    grey: Any = np.empty((height, width), np.uint16 if deep else np.uint8)
    alpha: Any = None
    colours, row = [], 0
    for pixels, transparency in bands:
        rows = slice(row, row + len(pixels))
        grey[rows] = pixels[..., 0] if pixels.shape[2] == 1 else _bt601(pixels)
        if pixels.shape[2] == 3:
            colours.append(_reduced(pixels, step))
        if transparency is not None:
            alpha = np.empty_like(grey) if alpha is None else alpha
            alpha[rows] = transparency
        row += len(pixels)
    if row != height:
        raise ValueError(f"it has {row} of {height} rows")
    if alpha is not None and bool((alpha == np.iinfo(alpha.dtype).max).all()):
        alpha = None
    return grey, alpha, _few(colours, deep)


def _joined(pieces: list[NDArray[Any]]) -> NDArray[Any]:
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _few(colours: list[NDArray[np.uint8]], deep: bool) -> NDArray[np.uint8] | None:
    """The colours together; None for 16 bits without any."""
    if not colours:
        return None
    rgb = np.concatenate(colours)
    same = deep and bool((rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 0] == rgb[..., 2]).all())
    return None if same else rgb


def _reduced(pixels: Pixels, step: int) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint16:
        return (pixels[::step, ::step] >> 8).astype(np.uint8)
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).reduce(step))


def _bt601(pixels: Pixels) -> Grey:
    """In the fixed point that Pillow uses; the sum stays below 2**32."""
    if pixels.dtype == np.uint8:
        return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).convert("L"))
    weighted = [pixels[..., i] * np.uint32(w) for i, w in enumerate((19595, 38470, 7471))]
    total = (weighted[0] + weighted[1] + weighted[2] + np.uint32(32768)) >> 16
    return np.asarray(total, dtype=np.uint16)
