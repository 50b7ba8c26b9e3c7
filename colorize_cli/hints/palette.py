"""Palettes: the colours that the photos of a run should prefer, from the files that people have them in."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from colorize_cli.common.regular import reading
from colorize_cli.errors import UsageError
from colorize_cli.hints.hint import ab_of

MOST_COLOURS = 64
_MOST_BYTES = 1_000_000
_GPL = re.compile(r"\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})(\s|$)")


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as CIELAB a and b, without order or weight."""

    colours: tuple[tuple[float, float], ...]

    @property
    def digest(self) -> str:
        """16 hex digits; the same colours have the same, from whatever file."""
        text = json.dumps([[round(value, 3) for value in ab] for ab in sorted(self.colours)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def united(one: Palette | None, other: Palette) -> Palette:
    """The colours of both."""
    return other if one is None else Palette(tuple(dict.fromkeys(one.colours + other.colours)))


def read_palette(path: Path) -> Palette:
    """The palette in a file: JSON, GIMP's .gpl, or text with a colour a line; UsageError."""
    try:
        with reading(path) as file:
            data = file.read(_MOST_BYTES + 1)
        return palette_in(data.decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: the palette cannot be read ({error.strerror or error}).") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is no palette: it is not text. {_FORMS}") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}. {_FORMS}") from None


_FORMS = (
    'A palette is text with a colour a line (#5b6470 field grey), JSON (["#5b6470", "navy"]) or GIMP\'s .gpl.'
)


def palette_in(text: str) -> Palette:
    """The palette in a text, which of the three it is shows its beginning; ValueError."""
    if len(text) > _MOST_BYTES:
        raise ValueError("is too large for a palette")
    if text.lstrip().startswith(("[", "{")):
        colours = _in_json(text)
    elif text.startswith("GIMP Palette"):
        colours = _in_gpl(text)
    else:
        colours = _in_lines(text)
    distinct = tuple(dict.fromkeys(colours))
    if not distinct:
        raise ValueError("names no colour")
    if len(distinct) > MOST_COLOURS:
        raise ValueError(f"names {len(distinct)} colours; a palette has at most {MOST_COLOURS}")
    return Palette(distinct)


def _in_json(text: str) -> list[tuple[float, float]]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON ({error})") from None
    colours = whole.get("colors") if isinstance(whole, dict) else whole
    if not isinstance(colours, list):
        raise ValueError('has no list of "colors"')
    return [_named(f"colour {number}", colour) for number, colour in enumerate(colours, 1)]


def _in_gpl(text: str) -> list[tuple[float, float]]:
    """Lines of red, green, blue and a name below a header."""
    found = []
    for number, line in enumerate(text.splitlines()[1:], 2):
        if match := _GPL.match(line):
            rgb = [int(part) for part in match.groups()[:3]]
            if max(rgb) > 255:
                raise ValueError(f"line {number}: {line.strip()!r} is not a colour: each part is 0 to 255")
            found.append(_named(f"line {number}", "#{:02x}{:02x}{:02x}".format(*rgb)))
    return found


def _in_lines(text: str) -> list[tuple[float, float]]:
    """A colour at the beginning of each line; what follows it is for people."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    spoken = [(number, line) for number, line in lines if line and not line.startswith(("//", ";", "# "))]
    return [_named(f"line {number}", line.split()[0].rstrip(",;:")) for number, line in spoken]


def _named(place: str, colour: object) -> tuple[float, float]:
    try:
        return ab_of(colour)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
