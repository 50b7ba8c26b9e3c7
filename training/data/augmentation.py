"""More photos than there are: crops and flips, and old photographs from new ones.

Ageing is how a plate sees, fades, is scratched and is scanned. It touches the grey input only; the colour
target stays that of the clean photo. Sizes are shares of the picture, because training photos
of 150 pixels stand for scans of thousands.
"""

from __future__ import annotations

import cv2
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


Grey = NDArray[np.float32]  # (H,W), 0 black to 1 white

_BT601 = np.array([0.299, 0.587, 0.114], np.float32)
# Orthochromatic plates are blind to red and fond of blue: red dresses go dark, skies go white.
_ORTHOCHROMATIC = np.array([0.05, 0.55, 0.40], np.float32)


def _exposed(rgb: NDArray[np.uint8], rng: np.random.Generator) -> Grey:
    """The plate's spectral sensitivity, anywhere between panchromatic and nearly orthochromatic."""
    weights = _BT601 + rng.uniform(0.0, 0.8) * (_ORTHOCHROMATIC - _BT601)
    return np.asarray(rgb.astype(np.float32) @ weights.astype(np.float32) / np.float32(255.0))


def _uneven_light(grey: Grey, rng: np.random.Generator) -> Grey:
    """Corners of different brightness, as from a bad lens, a bad developer or years behind a frame."""
    corners = rng.normal(1.0, 0.1, (2, 2)).astype(np.float32)
    return grey * cv2.resize(corners, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _vignette(grey: Grey, rng: np.random.Generator) -> Grey:
    height, width = grey.shape
    y, x = np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32)
    fall = 1.0 - rng.uniform(0.05, 0.3) * (y[:, None] ** 2 + x**2) / 2
    return grey * fall.astype(np.float32)


def _blur(grey: Grey, rng: np.random.Generator) -> Grey:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.4, 1.2)), np.float32)


def _fade(grey: Grey, rng: np.random.Generator) -> Grey:
    """Raised blacks, lowered whites, another gamma."""
    black, white = rng.uniform(0.0, 0.2), rng.uniform(0.8, 1.0)
    gamma = float(np.exp(rng.normal(0.0, 0.25)))
    return np.asarray(black + (white - black) * np.clip(grey, 0.0, 1.0) ** gamma, np.float32)


def _grain(grey: Grey, rng: np.random.Generator) -> Grey:
    noise = rng.standard_normal(grey.shape, np.float32)
    noise[:] = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.4, 1.2))
    return grey + noise * np.float32(rng.uniform(0.003, 0.025) / max(float(noise.std()), 1e-6))


def _painted(grey: Grey, mask: NDArray[np.uint8], tone: float) -> Grey:
    """`tone` where the mask is, softly."""
    cover = cv2.GaussianBlur(mask, (0, 0), 0.5).astype(np.float32) / np.float32(255.0)
    return np.asarray(grey + (np.float32(tone) - grey) * cover, np.float32)


def _scratches(grey: Grey, rng: np.random.Generator) -> Grey:
    """A few thin lines, mostly bright and mostly upright, as a holder or a drawer leaves them."""
    height, width = grey.shape
    mask = np.zeros(grey.shape, np.uint8)
    for _ in range(rng.integers(1, 4)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        dx, dy = rng.normal(0.0, 0.05) * width, rng.uniform(0.1, 0.9) * height
        ends = ((round(x), round(y)), (round(x + dx), round(y + dy)))
        cv2.line(mask, *ends, int(rng.integers(30, 100)), 1, cv2.LINE_AA)
    return _painted(grey, mask, rng.choice([0.95, 0.95, 0.95, 0.2]))


def _spots(grey: Grey, rng: np.random.Generator) -> Grey:
    """Dust and mould: small dots, bright where it lay on the negative, dark on the print."""
    height, width = grey.shape
    mask = np.zeros(grey.shape, np.uint8)
    for _ in range(rng.integers(2, 14)):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        radius = round(min(height, width) * float(rng.exponential(0.004)))
        cv2.circle(mask, centre, radius, int(rng.integers(80, 230)), -1, cv2.LINE_AA)
    return _painted(grey, mask, rng.choice([0.95, 0.1]))


def _jpeg(grey: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    quality = int(rng.integers(25, 80))
    done, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8) if done else grey


# In the order of a photograph's life, each with how often it is met.
_EFFECTS = (
    (_uneven_light, 0.7),
    (_vignette, 0.3),
    (_blur, 0.5),
    (_grain, 0.8),
    (_fade, 0.8),
    (_scratches, 0.2),
    (_spots, 0.3),
)
_JPEG_SHARE = 0.3


def degrade(rgb: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """(H,W,3) RGB -> (H,W) grey as an old photograph of the same scene might look, uint8."""
    grey = _exposed(rgb, rng)
    for effect, share in _EFFECTS:
        if rng.random() < share:
            grey = effect(grey, rng)
    scan = np.asarray(np.clip(grey * 255.0 + 0.5, 0.0, 255.0), np.uint8)
    return _jpeg(scan, rng) if rng.random() < _JPEG_SHARE else scan
