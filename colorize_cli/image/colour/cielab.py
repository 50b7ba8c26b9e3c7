"""sRGB and CIELAB (D65), and gamut mapping at constant hue and lightness."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.colour.srgb import F_KNEE, XYZ_TO_RGB, linear_table
from colorize_cli.image.photo import Grey

Floats = NDArray[np.float32]

_BT601 = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_HUES = 720
_MOST_CHROMA = 140.0
# What the table's own steps and cv2's polar angle (0.3°) may hide, in CIELAB units.
_MARGIN = 0.05


def lightness(luma: Grey) -> Floats:
    """sRGB-encoded grey, uint8 or uint16, any shape -> L* in [0,100]."""
    return _lightness_table(np.iinfo(luma.dtype).max)[luma]


def bt601_luma(rgb: Floats) -> Floats:
    """(h,w,3) sRGB-encoded -> (h,w) luma on the same scale, the Y of JPEG."""
    return np.asarray(cv2.transform(rgb, _BT601[None]), dtype=np.float32)


def into_gamut(luma: Grey, ab: Floats) -> Floats:
    """(h,w) grey and (2,h,w) CIELAB ab -> ab whose colours at that lightness lie inside sRGB.

    Hue is kept; chroma is reduced only where it has to be.
    """
    chroma, hue = cv2.cartToPolar(ab[0], ab[1], angleInDegrees=True)
    table = _chroma_limits(luma.dtype == np.uint16)
    row = (luma >> 8 if luma.dtype == np.uint16 else luma).astype(np.int32)
    row *= _HUES
    row += (hue * np.float32(_HUES / 360)).astype(np.int32) % _HUES
    limit = table.ravel()[row]
    return np.asarray(ab * np.minimum(1, limit / np.maximum(chroma, 1e-6)), dtype=np.float32)


def lab_to_rgb(luma: Grey, ab: Floats) -> Floats:
    """(h,w) grey and (2,h,w) ab inside the gamut -> (h,w,3) sRGB in [0,1] with the grey's L*."""
    lab = cv2.merge((lightness(luma), ab[0], ab[1]))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), dtype=np.float32)


@cache
def _lightness_table(top: int) -> Floats:
    linear = linear_table(top).astype(np.float64)
    bright = 116 * np.cbrt(linear) - 16
    table = np.where(linear > F_KNEE**3, bright, linear * (29 / 3) ** 3)
    return np.asarray(table, dtype=np.float32)


@cache
def _chroma_limits(deep: bool) -> Floats:
    """(256,_HUES) largest chroma inside sRGB for a grey level and a hue bin, on the safe side.

    For a deep scan the levels are the high bytes, so a row holds for all that shares the byte.
    """
    levels = np.minimum(np.arange(257) * (256 if deep else 257), 65535)
    star = _lightness_table(65535)[levels].astype(np.float64)
    limits = _largest_chroma(star)
    # The hue of a pixel lies between two edges; one more on each side covers the angle's error.
    around = np.stack([np.roll(limits, shift, axis=1) for shift in (1, 0, -1, -2)]).min(axis=0)
    rows = np.minimum(around[:-1], around[1:]) if deep else around[:-1]
    return np.asarray(np.maximum(rows - _MARGIN, 0), dtype=np.float32)


def _largest_chroma(star: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) L* -> (n,_HUES) the chroma where sRGB ends, by bisection from below."""
    hue = np.arange(_HUES) * (2 * np.pi / _HUES)
    low = np.zeros((len(star), _HUES))
    high = np.full_like(low, _MOST_CHROMA)
    for _ in range(12):
        middle = (low + high) / 2
        inside = _inside(star[:, None], middle * np.cos(hue), middle * np.sin(hue))
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low


def _inside(star: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    f = (star + 16) / 116
    xyz = [_from_f(value) for value in (f + a / 500, f, f - b / 200)]
    channels = [sum(k * v for k, v in zip(row, xyz, strict=True)) for row in XYZ_TO_RGB]
    inside: NDArray[np.bool_] = np.logical_and.reduce([(c >= 0) & (c <= 1) for c in channels])
    return inside


def _from_f(f: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of CIELAB's f."""
    return np.where(f > F_KNEE, f * f * f, (f - 4 / 29) * (3 * F_KNEE**2))
