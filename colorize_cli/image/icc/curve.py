"""Tone curves of ICC profiles: built, and worked out for every sample of 16 bits."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

_RAMP = np.arange(65536) / 65535
# How many numbers each kind of parametric curve has, by ICC.1:2022, 10.18.
_PARAMETERS = (1, 3, 4, 5, 7)


def gamma_curve(gamma: float) -> bytes:
    """The curve of a power, to 1/256 of its exponent."""
    return b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256))


def sampled_curve(values: list[int]) -> bytes:
    """A curve through 16-bit values at even steps."""
    return b"curv" + struct.pack(f">II{len(values)}H", 0, len(values), *values)


def srgb_curve() -> bytes:
    """sRGB's own curve: a power with a straight foot."""
    numbers = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return b"para" + struct.pack(">IHH5i", 0, 3, 0, *(round(v * 65536) for v in numbers))


def light_of(curve: bytes) -> NDArray[np.float64]:
    """The whole data of a curve's tag -> (65536,) linear light in [0,1] of each sample, never falling.

    ValueError where it is damaged or does not rise.
    """
    try:
        light = _parametric(curve) if curve[:4] == b"para" else _tabulated(curve)
    except (struct.error, IndexError):
        raise ValueError("its tone curve is cut short") from None
    light = np.clip(light, 0, 1)
    if not np.isfinite(light).all() or light[-1] - light[0] < 0.5 or (np.diff(light) < 0).any():
        raise ValueError("its tone curve does not rise")
    return light


def _tabulated(curve: bytes) -> NDArray[np.float64]:
    (count,) = struct.unpack_from(">I", curve, 8)
    if curve[:4] != b"curv" or len(curve) < 12 + 2 * count:
        raise ValueError("its tone curve cannot be read")
    values = np.frombuffer(curve, ">u2", count, 12).astype(np.float64)
    if count == 0:
        return _RAMP
    if count == 1:
        return np.asarray(_RAMP ** (values[0] / 256))
    return np.interp(_RAMP, np.linspace(0, 1, count), values / 65535)


def _parametric(curve: bytes) -> NDArray[np.float64]:
    (kind,) = struct.unpack_from(">H", curve, 8)
    numbers = struct.unpack_from(f">{_PARAMETERS[kind]}i", curve, 12)
    g, a, b, c, d, e, f = ([n / 65536 for n in numbers] + [0.0] * 7)[:7]
    if kind == 0:
        a = 1.0
    if kind in (1, 2):  # these end where the power would, and the second is lifted by c
        d, e, f, c = (-b / a if a else 2.0), c, c, 0.0
    with np.errstate(all="ignore"):
        power = np.power(np.maximum(a * _RAMP + b, 0), g) + e
    return np.asarray(np.where(d <= _RAMP, power, c * _RAMP + f), dtype=np.float64)
