"""Telling a photo in true colour from a grey or toned scan."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.photo import Photo

THUMBNAIL = 96

# Paper, fading and sepia move along one warm axis (CIELAB hue 70°), so what lies across it counts
# four times; a cold mean tone is rare in old prints and adds a little, but never enough to
# condemn an even blue tone.
_WARM = np.radians(70.0)
_ACROSS = 4.0
_COLD_SHARE, _COLD_MOST = 0.5, 2.5

# A strip of colours beside a grey photo, or a coloured page around it, is not the photo's: what counts
# is the middle if it is grey. Of 200 grey and 200 toned photos beside a strip all, and on a green page
# twice as wide and high 399, read as not colour (before: 0 and 6).
_MIDDLE, _GREY_MIDDLE = 0.4, 3.0

# Measured at 7.0: 60 of 60 scans in old_bw read as not colour (the highest, a faded sepia
# portrait, at 6.7) and 821 of 829 photographs in val.zip (99.0 %) as colour; without the rule of the
# middle 823, and 1239 of 1257 drawn from the training zips (98.6 %; some are muted on purpose). The
# misses are nearly of one tone. Random two-tone prints made from val photographs: 102 of 104 read as
# not colour.
COLOUR_THRESHOLD = 7.0


def photo_chroma(rgb: NDArray[np.uint8]) -> float:
    """`chroma_spread` of a scan, or of its middle where that is grey or toned."""
    top, left = (int(side * (1 - _MIDDLE) / 2) for side in rgb.shape[:2])
    middle = chroma_spread(rgb[top : rgb.shape[0] - top, left : rgb.shape[1] - left])
    return middle if middle <= _GREY_MIDDLE else chroma_spread(rgb)


def chroma_spread(rgb: NDArray[np.uint8]) -> float:
    """(h,w,3) sRGB -> colour not explained by a tone that depends on lightness, in CIELAB units.

    Mean over the pixels of a thumbnail of the residual of ab after a quadratic fit in L*, weighted
    by direction; 0 for grey and for any even toning.
    """
    lab = cv2.cvtColor(_thumbnail(rgb), cv2.COLOR_RGB2Lab).reshape(-1, 3).astype(np.float64)
    ab = lab[:, 1:]
    terms = np.vander(lab[:, 0] / 100, 3)
    residual = ab - terms @ np.linalg.lstsq(terms, ab, rcond=None)[0]
    warm = np.array([np.cos(_WARM), np.sin(_WARM)])
    across = np.array([-warm[1], warm[0]])
    cold = min(_COLD_MOST, _COLD_SHARE * max(0.0, -float(ab.mean(axis=0) @ warm)))
    spread = np.abs(residual @ warm).mean() + _ACROSS * np.abs(residual @ across).mean()
    return float(spread + cold)


def is_colour(photo: Photo) -> bool:
    """Whether the photo is already in true colour, rather than grey, toned or sepia."""
    return photo.chroma > COLOUR_THRESHOLD


def _thumbnail(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = rgb.shape[:2]
    scale = min(1.0, THUMBNAIL / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(rgb.astype(np.float32) / 255, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)
