"""Random crops and flips: more views of a photo than there are photos."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST_AREA = 0.6  # of the photo that a crop keeps
_ASPECT = 4 / 3  # at most this much wider or narrower than the photo


def crop_and_flip(rgb: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """(H,W,3) -> a random part of it with 60 to 100 % of its area, mirrored every second time."""
    height, width = rgb.shape[:2]
    area = rng.uniform(_LEAST_AREA, 1.0)
    stretch = np.exp(rng.uniform(-np.log(_ASPECT), np.log(_ASPECT)) / 2)
    h = min(height, max(1, round(height * np.sqrt(area) / stretch)))
    w = min(width, max(1, round(width * np.sqrt(area) * stretch)))
    y, x = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    part = rgb[y : y + h, x : x + w]
    return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part)
