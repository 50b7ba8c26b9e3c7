"""Hints: places of a photo and the colours they had."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import ImageColor

from colorize_cli.image.colour.srgb import lab_of

RADIUS = 0.01  # of a hint that says none


@dataclass(frozen=True, slots=True)
class Hint:
    """A place of the upright photo and the colour it had.

    x, y: fractions of its width and height from the top left; a, b: CIELAB; radius: of the place, a
    fraction of the longer side.
    """

    x: float
    y: float
    a: float
    b: float
    radius: float = RADIUS
    label: str = ""


@dataclass(frozen=True, slots=True)
class HintResult:
    """What became of a hint; colours differ by ΔE in a and b, for the luminance is the scan's.

    lost: between the colour asked for and the nearest one that the place is light or dark enough for;
    left: between that and each variant delivered.
    """

    label: str
    x: float
    y: float
    lost: float
    left: tuple[float, ...]


def ab_of(color: object) -> tuple[float, float]:
    """ "#8a2020", "navy" or "rgb(138,32,32)" -> its CIELAB a and b; ValueError for anything else."""
    try:
        rgb = ImageColor.getrgb(color) if isinstance(color, str) else ()
    except ValueError:
        rgb = ()
    if len(rgb) != 3:
        raise ValueError(f'color is {color!r}, not one like "#8a2020" or "navy"')
    return lab_of(rgb)[1:]
