"""Where colour changes: over edges, as it should, or where no edge explains it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.photo import lab_of
from ..metrics import Figures

_BLUR = 1.0  # pixels, standard deviation
_FLAT, _STEEP = 0.5, 0.9  # quantiles of the slope of luminance

Bytes = NDArray[np.uint8]
Plane = NDArray[np.float32]


def slope_figures(pictures: Sequence[Bytes], rgb: Bytes) -> Figures:
    """`blotch` and `edge` of pictures by rank and of the true photo, all (H,W,3) RGB.

    The mean slope of colour over the half of the pixels where the true photo's luminance is flattest, and
    over the tenth where it is steepest; in units that cancel when one is divided by another.
    """
    light, _ = slopes(rgb)
    flat, steep = light <= np.quantile(light, _FLAT), light >= np.quantile(light, _STEEP)
    named = {"truth": rgb} | {str(rank): picture for rank, picture in enumerate(pictures, 1)}
    colours = {name: slopes(picture)[1] for name, picture in named.items()}
    blotch = {f"blotch {name}": float(colour[flat].mean()) for name, colour in colours.items()}
    return blotch | {f"edge {name}": float(colour[steep].mean()) for name, colour in colours.items()}


def slopes(rgb: Bytes) -> tuple[Plane, Plane]:
    """(H,W,3) RGB -> how fast L and how fast ab changes at each pixel, (H,W), by Sobel's operator."""
    lab = lab_of(rgb)
    light, a, b = (_slope(np.asarray(lab[:, :, i], np.float32)) for i in range(3))
    return light, np.hypot(a, b)


def _slope(plane: Plane) -> Plane:
    smooth = cv2.GaussianBlur(plane, (0, 0), _BLUR)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return np.asarray(np.hypot(across, down), np.float32)
