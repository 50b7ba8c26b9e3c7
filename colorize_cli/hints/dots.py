"""Hints as a picture: coloured dots and strokes on a transparent ground, drawn over a copy of the photo."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from colorize_cli.hints.hint import Hint
from colorize_cli.image.colour.srgb import lab_of

_ASPECT = 0.02  # of difference that rounding of sides may make
_MOST_PIXELS = 200e6
# The edge of a brush mixes with the ground; ab this far apart within a dot is two dots that touch.
_SPREAD = 25.0
_MOST_SPOTS = 8  # of one stroke


def hints_in_dots(data: bytes, width: int, height: int) -> list[Hint]:
    """The hints of a `.hints.png` file beside a photo of width x height pixels; ValueError if wrong.

    Each connected patch that is more opaque than not is a hint of its median colour, where it is widest
    and as wide as there. A stroke, longer than wide, is several in a row.
    """
    rgba = _pixels(data)
    rows, columns = rgba.shape[:2]
    if abs(columns * height / (rows * width) - 1) > _ASPECT:
        raise ValueError(
            f"is {columns} x {rows} pixels, the photo upright {width} x {height}: use a layer with "
            "the proportions of the whole upright photo"
        )
    inked = rgba[..., 3] > 127
    if inked.all():
        raise ValueError("has no transparent ground; save only the layer with the dots")
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(inked.astype(np.uint8), connectivity=8)
    patches = np.asarray(labels, dtype=np.int32)
    return [hint for i in range(1, count) for hint in _patch(rgba, patches, boxes[i], i)]


def _pixels(data: bytes) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise ValueError("has too many pixels for a picture of hints")
                return np.asarray(image.convert("RGBA"))
    except UnidentifiedImageError:
        raise ValueError("is not a PNG; save the layer with the dots as PNG") from None
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"cannot be read as a PNG ({error})") from None


def _patch(rgba: NDArray[np.uint8], labels: NDArray[np.int32], box: Any, number: int) -> Iterator[Hint]:
    """The hints of one connected patch, in its box of (left, top, width, height)."""
    left, top, across, down = (int(value) for value in box[:4])
    part = slice(top, top + down), slice(left, left + across)
    inside = labels[part] == number
    a, b = _colour(rgba[part][inside], left, top)
    rows, columns = rgba.shape[:2]
    for x, y, depth in _spots(inside):
        place = (left + x + 0.5) / columns, (top + y + 0.5) / rows
        yield Hint(*place, a, b, depth / max(rows, columns), f"dot at {left + x},{top + y}")


def _colour(pixels: NDArray[np.uint8], left: int, top: int) -> tuple[float, float]:
    solid = pixels[pixels[:, 3] >= min(250, int(pixels[:, 3].max()))][:, :3]
    a, b = lab_of(np.median(solid, axis=0))[1:]
    few = solid[:: max(1, len(solid) // 500)]
    away = [np.hypot(x - a, y - b) for _, x, y in map(lab_of, few)]
    if np.percentile(away, 80) > _SPREAD:
        raise ValueError(f"the patch at {left},{top} (pixels) has several colours; leave a gap between dots")
    return a, b


def _spots(inside: NDArray[np.bool_]) -> Iterator[tuple[int, int, float]]:
    """(x, y, radius) of discs in a patch, the widest first, none overlapping."""
    padded = cv2.copyMakeBorder(inside.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth: Any = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    least = float(depth.max()) / 2
    y, x = np.indices(inside.shape)
    for _ in range(_MOST_SPOTS):
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        radius = float(depth[row, column])
        if radius < least:
            return
        yield int(column), int(row), radius
        depth = np.where(np.hypot(y - row, x - column) < 3 * radius, 0.0, depth)
