"""A photo's bytes -> its pixels, its luma, its colours, and whether there are any to learn from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.colour.already_colour import chroma_spread

# CIELAB units. Of 2,000 photos of train-00.zip two are below both, and none of the 112 that
# are muted (mean chroma 3 to 6); 53 of the 60 scans in old_bw are. At the 7.0 by which `colorize` tells scans
# from photos all 60 would be, but also 21 of the 2,000, 8 of them muted.
_LEAST_CHROMA_SPREAD = 5.0
# A tone spreads less than this (old scans at most 6.6). A drawing in three flat colours spreads more, though
# lightness explains its colours fully.
_MOST_TONE_SPREAD = 7.0


def decode_rgb(data: bytes) -> NDArray[np.uint8]:
    """Photo bytes -> (H,W,3) RGB, upright; ValueError for anything that does not decode."""
    try:
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ValueError(str(error)) from error
    if bgr is None or min(bgr.shape[:2]) < 16:
        raise ValueError("not a photo that OpenCV reads, or smaller than 16 pixels")
    return np.asarray(bgr[:, :, ::-1], np.uint8)


def grey_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H,W,3) RGB -> (H,W) BT.601 luma, the Y of a JPEG."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def lab_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H,W,3) RGB -> CIELAB (D65)."""
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB), np.float32)


def ab_of(rgb: NDArray[np.uint8], size: int | tuple[int, int]) -> NDArray[np.float32]:
    """(H,W,3) RGB -> a square or (h,w) of this size of area-averaged ab in CIELAB units (D65), (h,w,2)."""
    height, width = (size, size) if isinstance(size, int) else size
    small = cv2.resize(lab_of(rgb)[:, :, 1:], (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def is_single_toned(rgb: NDArray[np.uint8]) -> bool:
    """Whether a photo is grey or of one tone, so that its colours say nothing of what it shows."""
    ab = ab_of(rgb, 32).reshape(-1, 2)
    spread = float(np.sqrt(ab.var(axis=0).sum()))
    return spread < _MOST_TONE_SPREAD and chroma_spread(rgb) < _LEAST_CHROMA_SPREAD
