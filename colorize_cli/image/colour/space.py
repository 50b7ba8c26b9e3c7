"""What the samples of a scan mean by its profile: their light, and which samples have it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.colour.srgb import RGB_TO_XYZ, XYZ_TO_RGB, f_of
from colorize_cli.image.photo import Grey

Floats = NDArray[np.float32]

# Half a step of 8 bits: what sRGB profiles of different makers differ by is far below.
_SAME_TONE = 128


@dataclass(frozen=True, eq=False)
class Space:
    """Samples of a profile with one tone curve.

    light: (65536,) linear light in [0,1] of each sample of 16 bits; matrix: linear sRGB to linear RGB
    of the profile, None where the primaries are sRGB's; delivered: the profile that a colour picture
    of such samples has to carry.
    """

    light: NDArray[np.float64]
    matrix: NDArray[np.float64] | None
    delivered: bytes

    @cached_property
    def is_srgb(self) -> bool:
        """Whether samples may be taken as sRGB."""
        difference = self.to_srgb.astype(int) - np.arange(65536)
        return self.matrix is None and bool((abs(difference) <= _SAME_TONE).all())

    @cached_property
    def to_srgb(self) -> NDArray[np.uint16]:
        """(65536,) the sRGB code, 16 bits, that looks like each neutral sample."""
        straight, power = self.light * 12.92, 1.055 * self.light ** (1 / 2.4) - 0.055
        code = np.where(self.light <= 0.0031308, straight, power)
        return np.asarray(np.rint(code * 65535), dtype=np.uint16)

    @cached_property
    def from_xyz(self) -> Floats:
        """X, Y, Z over those of white -> linear RGB; neutral light has three equal values."""
        matrix = np.eye(3) if self.matrix is None else self.matrix
        found = (matrix / matrix.sum(axis=1, keepdims=True)) @ XYZ_TO_RGB
        return np.asarray(found, dtype=np.float32)

    @cached_property
    def weights(self) -> Floats:
        """What red, green and blue light add to the luminance."""
        if self.matrix is None:
            return np.asarray(RGB_TO_XYZ[1], dtype=np.float32)
        return np.asarray(np.linalg.inv(self.from_xyz.astype(np.float64))[1], dtype=np.float32)

    def linear(self, top: int) -> Floats:
        """(top+1,) linear light of each level of 8 or 16 bits."""
        return self._linear[top]

    def f(self, top: int) -> Floats:
        """(top+1,) CIELAB's f of the light of each level."""
        return self._f[top]

    def encoded(self, linear: Floats, top: int) -> Grey:
        """Linear light -> the nearest level, clipped to the range."""
        # Over the fourth root every curve in use is smooth, the dark included.
        root = cv2.sqrt(cv2.sqrt(np.clip(linear, 0, 1))) * np.float32(65535)
        whole = root.astype(np.uint16)
        low, step = self._levels[0].take(whole), self._levels[1].take(whole)
        level = (low + step * (root - whole)) * np.float32(top)
        nearest: Grey = np.rint(level).astype(np.uint8 if top == 255 else np.uint16)
        return nearest

    @cached_property
    def _linear(self) -> dict[int, Floats]:
        return {65535: self.light.astype(np.float32), 255: self.light[::257].astype(np.float32)}

    @cached_property
    def _f(self) -> dict[int, Floats]:
        f = f_of(self.light)
        return {65535: f.astype(np.float32), 255: f[::257].astype(np.float32)}

    @cached_property
    def _levels(self) -> tuple[Floats, Floats]:
        """Levels in [0,1] at even steps of the fourth root of light, and how far it is to the next."""
        light = (np.arange(65537) / 65535) ** 4
        levels = np.interp(light, self.light, np.arange(65536) / 65535)
        return levels[:-1].astype(np.float32), np.diff(levels).astype(np.float32)
