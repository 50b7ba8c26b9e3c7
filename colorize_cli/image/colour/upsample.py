"""From the model's low-resolution colour field to a larger size, guided by the luminance."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.photo import Grey

Floats = NDArray[np.float32]
AnyArray = TypeVar("AnyArray", bound=NDArray[np.generic])

# The guided step runs with the photo's long side below this; beyond it a plain resize does.
GUIDE_LIMIT = 1536

# Mean ab error over 104 photos of val.zip (every eighth), all pixels / the 5 % of strongest
# chroma edges, true ab averaged to 40x40 or 20x20 and restored; "blurred" is a Gaussian of one
# low-resolution pixel (0.7 at 20x20), closer to what a model gives:
#                                        40x40        40x40 blurred  20x20        20x20 blurred
#   bilinear                             1.98 / 4.88  3.60 / 7.53    3.45 / 7.42  4.67 / 8.90
#   bicubic                              1.69 / 4.23  3.42 / 7.28    3.15 / 6.96  4.39 / 8.59
#   joint bilateral 4x4, s .5, r .1      1.99 / 5.20  3.55 / 7.20    3.27 / 7.37  4.53 / 8.51
#   guided, window .7, ridge .02 (here)  1.62 / 4.01  3.38 / 7.02    2.93 / 6.47  4.27 / 8.20
_WINDOW = 0.7
_RIDGE = 0.02


def guide(luma: Grey) -> NDArray[np.uint16]:
    """(H,W) grey -> the same, halved until its long side is below GUIDE_LIMIT, in 16 bits.

    An odd last row or column is left out when halving, a shift of less than a pixel.
    """
    # Averages of 2x2 pixels only: those of fractions of pixels take ten times as long (12 MP: 5 ms).
    while max(luma.shape) >= GUIDE_LIMIT and min(luma.shape) > 1:
        rows, columns = luma.shape[0] // 2, luma.shape[1] // 2
        luma = resize(luma[: 2 * rows, : 2 * columns], rows, columns)
    if max(luma.shape) >= GUIDE_LIMIT:
        luma = resize(luma, *(min(side, GUIDE_LIMIT - 1) for side in luma.shape))
    return luma.astype(np.uint16) * np.uint16(257 if luma.dtype == np.uint8 else 1)


class Upsampler:
    """What colour fields of one photo share on their way to the size of its (H,W) guide.

    share: (H,W), how much of its colour each place gets; None for all of it.
    """

    def __init__(self, guide: NDArray[np.uint16], share: Floats | None = None) -> None:
        self.guide, self.share = guide, share
        self._detail: dict[tuple[int, ...], _Detail] = {}

    def onto(self, guide: NDArray[np.uint16]) -> Upsampler:
        """The same for a smaller guide of the photo."""
        return Upsampler(guide, None if self.share is None else resize(self.share, *guide.shape))

    def __call__(self, field: Floats) -> Floats:
        """(h,w,2) ab, a view of the whole photo -> (H,W,2), guided by the luminance.

        To the bicubic field the luminance detail is added that the low resolution lost, times the
        local slope of colour over luminance there.
        """
        whole = self._whole(field)
        return whole if self.share is None else whole * self.share[:, :, None]

    def _whole(self, field: Floats) -> Floats:
        enlarged = resize(field, *self.guide.shape)
        if not np.greater(self.guide.shape, field.shape[:2]).all():
            return enlarged
        if field.shape not in self._detail:
            self._detail[field.shape] = _Detail(self.guide, (field.shape[0], field.shape[1]))
        return np.asarray(cv2.add(enlarged, self._detail[field.shape].of(field)), dtype=np.float32)


def resize(array: AnyArray, height: int, width: int) -> AnyArray:
    """(H,W) or (H,W,C) -> (height,width) likewise: area averaging down, bicubic up."""
    least = (min(width, array.shape[1]), min(height, array.shape[0]))
    small = cv2.resize(cast(Any, array), least, interpolation=cv2.INTER_AREA)
    return cast(AnyArray, cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def enlarge(pair: AnyArray, shape: tuple[int, int]) -> AnyArray:
    """(h,w,2) to (H,W,2), linearly, with weights that are never negative.

    A guide is a whole number of times smaller than its photo, but for the odd rows and columns that were left
    out: for these its edge is repeated.
    """
    times = max(1, shape[0] // pair.shape[0])
    size = tuple(times * side for side in pair.shape[:2])
    lacking = [wanted - side for wanted, side in zip(shape, size, strict=True)]
    if not all(0 <= rows <= times for rows in lacking):
        return _linearly(pair, shape)
    if times > 1:
        pair = _linearly(pair, (size[0], size[1]))
    if any(lacking):
        border = cv2.copyMakeBorder(cast(Any, pair), 0, lacking[0], 0, lacking[1], cv2.BORDER_REPLICATE)
        pair = cast(AnyArray, border)
    return pair


def _linearly(array: AnyArray, shape: tuple[int, int]) -> AnyArray:
    return cast(AnyArray, cv2.resize(cast(Any, array), shape[::-1], interpolation=cv2.INTER_LINEAR))


class _Detail:
    """The luminance detail that a field's (h,w) resolution loses, and what it says about colour."""

    def __init__(self, guide: NDArray[np.uint16], shape: tuple[int, int]) -> None:
        light = guide.astype(np.float32) * np.float32(1 / 65535)
        self._coarse = resize(light, *shape)
        self._mean = _blur(self._coarse)
        self._variance = np.maximum(_blur(self._coarse * self._coarse) - self._mean * self._mean, 0) + _RIDGE
        lost = light - resize(self._coarse, *light.shape)
        self._lost = cv2.merge((lost, lost))

    def of(self, field: Floats) -> Floats:
        """(h,w,2) ab -> (H,W,2)"""
        covariance = _blur(field * self._coarse[..., None]) - _blur(field) * self._mean[..., None]
        slope = covariance / self._variance[..., None]
        enlarged = cv2.resize(slope, self._lost.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.multiply(enlarged, self._lost), dtype=np.float32)


def _blur(array: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(array, (0, 0), _WINDOW), dtype=np.float32)
