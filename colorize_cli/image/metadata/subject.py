"""Where the main subject of a photo is (EXIF SubjectArea and SubjectLocation): turned with the picture.

EXIF 3.0, 4.6.6: in pixels of the picture as it is stored, before its orientation is applied.
"""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]


def turned_point(x: float, y: float, orientation: int) -> Point:
    """A place in the stored picture, in shares of its sides -> in the upright one."""
    if orientation >= 5:
        x, y = y, x
    return (
        1 - x if orientation in (2, 3, 6, 7) else x,
        1 - y if orientation in (3, 4, 7, 8) else y,
    )


def turned_subject(values: Sequence[int], orientation: int, width: int, height: int) -> list[int]:
    """x, y, and at times a diameter or a width and height, in a picture of (width, height) upright.

    What is no such statement, or lies outside the picture, comes back as it is.
    """
    stored = (height, width) if orientation >= 5 else (width, height)
    if len(values) not in (2, 3, 4) or not (values[0] <= stored[0] and values[1] <= stored[1]):
        return list(values)
    x, y = turned_point(values[0] / max(1, stored[0]), values[1] / max(1, stored[1]), orientation)
    sides = list(values[2:])
    return [round(x * width), round(y * height), *(sides[::-1] if orientation >= 5 else sides)]
