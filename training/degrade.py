"""Old photographs from new ones: orthochromatic rendering, fading, blur, uneven light and grain.

Only the grey input is touched; the colour target stays that of the clean photo.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_BT601 = np.array([0.299, 0.587, 0.114], np.float32)
# Orthochromatic plates are blind to red and fond of blue: red dresses go dark, skies go white.
_ORTHOCHROMATIC = np.array([0.05, 0.55, 0.40], np.float32)


def _fade(grey: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    black, white = rng.uniform(0.0, 0.2), rng.uniform(0.8, 1.0)
    gamma = float(np.exp(rng.normal(0.0, 0.25)))
    return black + (white - black) * np.clip(grey, 0.0, 1.0) ** gamma


def _uneven_light(grey: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    corners = rng.normal(1.0, 0.1, (2, 2)).astype(np.float32)
    return grey * cv2.resize(corners, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _grain(grey: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    noise = rng.normal(0.0, 1.0, grey.shape).astype(np.float32)
    noise[:] = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.4, 1.2))
    return grey + noise * np.float32(rng.uniform(0.005, 0.045) / max(float(noise.std()), 1e-6))


def degrade(rgb: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """(H,W,3) RGB -> (H,W) grey as an old photograph of the same scene might look, uint8."""
    weights = _BT601 + rng.uniform(0.0, 0.8) * (_ORTHOCHROMATIC - _BT601)
    grey = rgb.astype(np.float32) @ weights.astype(np.float32) / np.float32(255.0)
    if rng.random() < 0.5:
        grey[:] = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.4, 1.2))
    grey = _grain(_uneven_light(_fade(grey, rng), rng), rng)
    return np.asarray(np.clip(grey * 255.0 + 0.5, 0.0, 255.0), np.uint8)
