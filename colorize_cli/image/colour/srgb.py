"""sRGB samples whose luminance is that of a grey level, and the grey level back from them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.photo import Grey, Pixels

Floats = NDArray[np.float32]
Reals = NDArray[np.float64]

# IEC 61966-2-1, each row divided by its sum: linear R, G, B -> X, Y, Z over those of white, so that
# neutral colours have three equal samples at any depth.
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
RGB_TO_XYZ = _RGB_TO_XYZ / _RGB_TO_XYZ.sum(axis=1, keepdims=True)
XYZ_TO_RGB = np.linalg.inv(RGB_TO_XYZ)
# Where CIELAB's f and sRGB's curve pass from a straight line to a power.
F_KNEE, _KNEE = 6 / 29, 0.0031308


def samples(luma: Grey, ab: Floats) -> Pixels:
    """(h,w) grey and (2,h,w) CIELAB ab inside the gamut -> (h,w,3) sRGB of the same depth.

    Red and blue are rounded, then green is chosen so that the three together have the luminance of
    the grey: half a step of green weighs less than half a step of grey (0.44 at most, where green is
    the brightest of the three), so `grey_of` gives every level back.
    """
    top = np.iinfo(luma.dtype).max
    f, light = _f_table(top).take(luma), linear_table(top).take(luma)
    x, z = from_f(f + ab[0] / 500), from_f(f - ab[1] / 200)
    to_rgb = XYZ_TO_RGB.astype(np.float32)
    red, blue = (_encoded(row[0] * x + row[1] * light + row[2] * z, top) for row in to_rgb[::2])
    green = _encoded(green_light(luma, red, blue), top)
    return np.asarray(cv2.merge((red, green, blue)), luma.dtype)  # type: ignore[return-value]


def green_light(luma: Grey, red: Grey, blue: Grey) -> Floats:
    """(h,w) each -> the linear green that gives the three the luminance of the grey; may leave [0,1]."""
    tables = _green_tables(np.iinfo(luma.dtype).max)
    if luma.dtype == np.uint8:
        parts = [cv2.LUT(plane, table) for plane, table in zip((luma, red, blue), tables, strict=True)]
    else:
        parts = [table.take(plane) for plane, table in zip((luma, red, blue), tables, strict=True)]
    return np.asarray(parts[0] - parts[1] - parts[2], dtype=np.float32)


def encoded_byte(linear: Floats) -> NDArray[np.uint8]:
    """Linear light -> the nearest sRGB level of 8 bits, clipped to the range."""
    return np.asarray(_encoded(linear, 255), dtype=np.uint8)


def grey_of(rgb: Pixels) -> Grey:
    """(h,w,3) sRGB -> the (h,w) grey of the same depth and luminance, rounded."""
    top = np.iinfo(rgb.dtype).max
    linear, weights = linear_table(top), RGB_TO_XYZ[1].astype(np.float32)
    light = sum(weight * linear.take(rgb[..., i]) for i, weight in enumerate(weights))
    return _encoded(np.asarray(light, dtype=np.float32), top)


@cache
def linear_table(top: int) -> Floats:
    """(top+1,) linear light in [0,1] of each sRGB level."""
    return np.asarray(light_of(np.arange(top + 1) / top), dtype=np.float32)


@cache
def _green_tables(top: int) -> tuple[Floats, Floats, Floats]:
    """(top+1,) each: light of grey, and what red and blue take of it, in units of green's light."""
    shares = (1.0, RGB_TO_XYZ[1, 0], RGB_TO_XYZ[1, 2])
    linear = linear_table(top).astype(np.float64)
    grey, red, blue = ((linear * (share / RGB_TO_XYZ[1, 1])).astype(np.float32) for share in shares)
    return grey, red, blue


@cache
def _f_table(top: int) -> Floats:
    """(top+1,) CIELAB's f of each grey level's luminance."""
    return np.asarray(f_of(linear_table(top).astype(np.float64)), dtype=np.float32)


def light_of(level: Reals) -> Reals:
    """sRGB levels in [0,1] -> linear light."""
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def f_of(light: Reals) -> Reals:
    """CIELAB's f of linear light."""
    return np.where(light > F_KNEE**3, np.cbrt(light), light / (3 * F_KNEE**2) + 4 / 29)


def from_f(f: Floats) -> Floats:
    """Inverse of CIELAB's f."""
    straight = (f - np.float32(4 / 29)) * np.float32(3 * F_KNEE**2)
    return np.where(f > np.float32(F_KNEE), f * f * f, straight)


def _encoded(linear: Floats, top: int) -> Grey:
    """Linear light -> the nearest sRGB level, clipped to the range."""
    inside = np.clip(linear, 0, 1)
    if top == 255:
        # One step of the table is 0.05 levels at most; three times as fast as the power.
        return _byte_table().take((inside * np.float32(65535) + np.float32(0.5)).astype(np.uint16))
    power = cv2.pow(inside, 1 / 2.4) * np.float32(1.055) - np.float32(0.055)
    curve = np.where(inside > np.float32(_KNEE), power, inside * np.float32(12.92))
    return np.rint(curve * np.float32(top)).astype(np.uint16)


@cache
def _byte_table() -> NDArray[np.uint8]:
    linear = np.arange(65536) / 65535
    curve = np.where(linear > _KNEE, 1.055 * linear ** (1 / 2.4) - 0.055, linear * 12.92)
    return np.asarray(np.rint(curve * 255), dtype=np.uint8)


def lab_of(rgb: Sequence[float] | NDArray[np.floating]) -> tuple[float, float, float]:
    """One sRGB colour, its samples 0 to 255 -> its CIELAB L*, a and b (D65)."""
    x, y, z = f_of(RGB_TO_XYZ @ light_of(np.asarray(rgb, dtype=np.float64)[:3] / 255))
    return float(116 * y - 16), float(500 * (x - y)), float(200 * (y - z))
