"""From the model's low-resolution colour field to a larger size, guided by the luminance."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.photo import Grey

Floats = NDArray[np.float32]
AnyArray = TypeVar("AnyArray", bound=NDArray[np.generic])

# The guided step runs with the photo's long side at this; beyond it a plain resize does.
GUIDE_SIDE = 1024

# Mean ab error over 104 photos of data/val.zip (every eighth), all pixels / the 5 % of strongest
# chroma edges, true ab averaged to 40x40 or 20x20 and restored; "blurred" is a Gaussian of one
# low-resolution pixel (0.7 at 20x20), closer to what a model gives:
#                                        40x40        40x40 blurred  20x20        20x20 blurred
#   bilinear                             1.98 / 4.88  3.60 / 7.53    3.45 / 7.42  4.67 / 8.90
#   bicubic                              1.69 / 4.23  3.42 / 7.28    3.15 / 6.96  4.39 / 8.59
#   joint bilateral 4x4, s .5, r .1      1.99 / 5.20  3.55 / 7.20    3.27 / 7.37  4.53 / 8.51
#   guided, window .7, ridge .02 (here)  1.62 / 4.01  3.38 / 7.02    2.93 / 6.47  4.27 / 8.20
_WINDOW = 0.7
_RIDGE = 0.02


class Upsampling(StrEnum):
    """How a colour field is brought to a larger size."""

    GUIDED = "guided"
    BICUBIC = "bicubic"


def guide(luma: Grey) -> NDArray[np.uint16]:
    """(H,W) grey -> the same averaged to a long side of at most GUIDE_SIDE, in 16 bits."""
    height, width = luma.shape
    scale = min(1.0, GUIDE_SIDE / max(height, width))
    # Halving first is faster than averaging over fractions of pixels (12 MP: 24 -> 9 ms); an odd
    # last row or column is left out, a shift of less than a pixel.
    while max(luma.shape) >= 2 * GUIDE_SIDE and min(luma.shape) > 1:
        rows, columns = luma.shape[0] // 2, luma.shape[1] // 2
        luma = resize(luma[: 2 * rows, : 2 * columns], rows, columns)
    small = resize(luma, max(1, round(height * scale)), max(1, round(width * scale)))
    return small.astype(np.uint16) * np.uint16(257 if luma.dtype == np.uint8 else 1)


def upsample(ab: Floats, guide: NDArray[np.uint16], method: Upsampling = Upsampling.GUIDED) -> Floats:
    """(2,h,w) ab, a square view of the whole photo, and its (H,W) guide -> (2,H,W) ab.

    The guided method adds to the bicubic field the luminance detail that the low resolution
    lost, times the local slope of colour over luminance there.
    """
    field = np.moveaxis(ab, 0, -1).astype(np.float32)
    enlarged = resize(field, *guide.shape)
    if method is Upsampling.GUIDED and np.greater(guide.shape, field.shape[:2]).all():
        enlarged = enlarged + _detail(field, guide.astype(np.float32) / np.float32(65535))
    return np.ascontiguousarray(np.moveaxis(enlarged, -1, 0))


def resize(array: AnyArray, height: int, width: int) -> AnyArray:
    """(H,W) or (H,W,C) -> (height,width) likewise: area averaging down, bicubic up."""
    least = (min(width, array.shape[1]), min(height, array.shape[0]))
    small = cv2.resize(cast(Any, array), least, interpolation=cv2.INTER_AREA)
    return cast(AnyArray, cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def _detail(field: Floats, light: Floats) -> Floats:
    """(h,w,2) ab and (H,W) luma in [0,1] -> (H,W,2) what the luminance detail says about ab."""
    coarse = resize(light, *field.shape[:2])
    mean = _blur(coarse)
    variance = _blur(coarse * coarse) - mean * mean
    covariance = _blur(field * coarse[..., None]) - _blur(field) * mean[..., None]
    slope = covariance / (np.maximum(variance, 0) + _RIDGE)[..., None]
    size = light.shape[::-1]
    lost = light - resize(coarse, *light.shape)
    return np.asarray(cv2.resize(slope, size, interpolation=cv2.INTER_LINEAR) * lost[..., None])


def _blur(array: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(array, (0, 0), _WINDOW), dtype=np.float32)
