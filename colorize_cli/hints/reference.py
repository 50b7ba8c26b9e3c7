"""Reference photos: the colours of a picture that others are to look like, as a palette."""

from __future__ import annotations

import warnings
from pathlib import Path

import cv2
import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorize_cli.common.regular import reading
from colorize_cli.errors import UsageError
from colorize_cli.hints.palette import Palette

_COLOURS = 8  # as docs/choosing.md has measured palettes
_SIDE = 96  # of what colours are counted in; finer is texture
_LEAST_CHROMA = 6.0  # cells paler than that say nothing: a palette adds no grey
_LEAST_CELLS = 16
_ROUNDS = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 0.1)


def read_reference(path: Path) -> Palette:
    """The colours that a picture in colour mostly has; UsageError for one that is grey or cannot be read."""
    lab = cv2.cvtColor(_pixels(path).astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    ab = lab[:, :, 1:].reshape(-1, 2)
    coloured = np.ascontiguousarray(ab[np.linalg.norm(ab, axis=1) >= _LEAST_CHROMA], np.float32)
    if len(coloured) < _LEAST_CELLS:
        raise UsageError(f"{path}: has no colours to take; a reference is a picture in colour.")
    return Palette(tuple((float(a), float(b)) for a, b in main_colours(coloured)))


def main_colours(ab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of (N,2) the middles of at most eight clusters, the largest first; the same for the same input."""
    cv2.setRNGSeed(0)
    count = min(_COLOURS, len(np.unique(ab.round(), axis=0)))
    _, labels, middles = cv2.kmeans(ab, count, np.empty(0, np.int32), _ROUNDS, 3, cv2.KMEANS_PP_CENTERS)
    order = np.argsort(-np.bincount(labels.ravel(), minlength=count), kind="stable")
    return np.asarray(middles[order], np.float32)


def _pixels(path: Path) -> NDArray[np.uint8]:
    """Small, (H,W,3) sRGB."""
    try:
        with reading(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which is not looked at
            rgb = iio.imread(file.read(), plugin="pillow", mode="RGB", index=0)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UsageError(f"{path}: the reference cannot be read ({error}).") from None
    scale = _SIDE / max(rgb.shape[:2])
    size = [max(1, round(side * scale)) for side in rgb.shape[1::-1]]
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if scale < 1 else rgb, np.uint8)
