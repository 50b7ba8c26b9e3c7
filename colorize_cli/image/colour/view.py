"""The model's views of a photo; training and run time share them, so they see the same grey."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_MULTIPLE = 32  # of the networks' strides
_SLIMMEST = 2.5  # a longer panorama is squashed to this


def view(luma: NDArray[np.uint8] | NDArray[np.uint16], size: int | tuple[int, int]) -> NDArray[np.float32]:
    """(H,W) grey, uint8 or uint16 -> a square or (h,w) of this size in [0,1], the whole photo squashed.

    Down by area averaging, up by its linear counterpart, rounded to the depth of the scan.
    """
    height, width = (size, size) if isinstance(size, int) else size
    small = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32) / np.float32(np.iinfo(luma.dtype).max)


def view_shape(height: int, width: int, detail: int) -> tuple[int, int]:
    """Sides, multiples of 32, of a view in about a photo's shape with about detail x detail pixels."""
    aspect = min(max(width / height, 1 / _SLIMMEST), _SLIMMEST) ** 0.5
    rows, columns = (max(1, round(side / _MULTIPLE)) for side in (detail / aspect, detail * aspect))
    return rows * _MULTIPLE, columns * _MULTIPLE
