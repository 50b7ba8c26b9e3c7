"""The model's view of a photo; training and run time share it, so they see the same grey."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def view(luma: NDArray[np.uint8] | NDArray[np.uint16], size: int) -> NDArray[np.float32]:
    """(H,W) grey, uint8 or uint16 -> (size,size) in [0,1]: the whole photo squashed to a square.

    Down by area averaging, up by its linear counterpart, rounded to the depth of the scan.
    """
    small = cv2.resize(luma, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32) / np.float32(np.iinfo(luma.dtype).max)
