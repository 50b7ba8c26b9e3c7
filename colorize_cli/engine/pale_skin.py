"""Where faces may have come out grey, told by the colours of the variants: nothing here looks for faces."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Chosen on the photos of even number of 60 old scans and val-people.zip, see docs/choosing.md.
_HUE, _HUES = 50.0, 40.0  # degrees in ab: that of skin, and how far from it nothing of skin is left
_SPOT, _AROUND = 3, 9  # cells: a face in a group, and what it is seen against
_STANDS_OUT = 4.0  # chroma of skin that a spot has more than what is around it
_PALE = 16.0  # mean chroma up to which a spot may be too pale for skin


def pale_skin(fields: Floats) -> int:
    """How many small spots of variants (n,2,f,g), ab in CIELAB units, hint at skin and are pale in the first.

    Such a spot stands out from what is around it by the colour of skin, in the mean of all variants.
    """
    skin = np.asarray(_skin(fields).mean(0), np.float32)
    contrast = _mean(skin, _SPOT) - _mean(skin, _AROUND)
    # Of neighbours that stand out the foremost.
    foremost = contrast >= cv2.dilate(contrast, np.ones((_SPOT + 2, _SPOT + 2), np.uint8))
    pale = _mean(_chroma(fields[0]), _SPOT) < _PALE
    return int((foremost & (contrast > _STANDS_OUT) & pale).sum())


def _skin(fields: Floats) -> Floats:
    """(n,f,g) chroma as far as it is skin's: all of it at the hue of skin, none of it `_HUES` away."""
    off = np.abs(np.degrees(np.arctan2(fields[:, 1], fields[:, 0])) - _HUE)
    return np.asarray(_chroma(fields) * (1 - off / _HUES).clip(0), np.float32)


def _chroma(fields: Floats) -> Floats:
    return np.asarray(np.hypot(fields[..., 0, :, :], fields[..., 1, :, :]), np.float32)


def _mean(values: Floats, side: int) -> Floats:
    return np.asarray(cv2.blur(values, (side, side)), np.float32)
