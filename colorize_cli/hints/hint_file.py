"""Files of hints beside a photo: read, checked, and digested."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorize_cli.common.regular import reading
from colorize_cli.errors import PhotoError
from colorize_cli.hints.dots import hints_in_dots
from colorize_cli.hints.hint import RADIUS, Hint, ab_of

_LARGEST_RADIUS = 0.5
MOST_HINTS = 200  # of one photo; the work grows with their number
_MOST_BYTES = 50_000_000
_VERSION = 1
_KEYS = {"x", "y", "color", "radius", "label"}


@dataclass(frozen=True, slots=True)
class Hints:
    """All hints of a photo, and the digest of the files that say them."""

    hints: tuple[Hint, ...] = ()
    digest: str = ""


def read_hints(paths: Sequence[Path], width: int, height: int) -> Hints:
    """The hints in a photo's files, of width x height pixels upright.

    PhotoError names the file, the entry and what to do; no paths give no hints.
    """
    if not paths:
        return Hints()
    found: list[Hint] = []
    contents = [content_of(path) for path in paths]
    for path, data in zip(paths, contents, strict=True):
        try:
            found += hints_in(data) if path.suffix.lower() == ".json" else hints_in_dots(data, width, height)
        except ValueError as error:
            raise PhotoError(f"{path}: {error}") from None
    if len(found) > MOST_HINTS:
        raise PhotoError(f"{paths[0]}: {len(found)} hints are more than the limit of {MOST_HINTS}")
    return Hints(tuple(found), digest_of(contents))


def hints_digest(paths: Sequence[Path]) -> str:
    """`Hints.digest` of files that are not looked into; "" for none, something else if one is unreadable."""
    try:
        return digest_of([content_of(path) for path in paths])
    except PhotoError:
        return "unreadable"


def digest_of(contents: Sequence[bytes]) -> str:
    """16 hex digits for the contents of hint files, "" for none."""
    if not contents:
        return ""
    parts = b"".join(hashlib.sha256(data).digest() for data in contents)
    return hashlib.sha256(parts).hexdigest()[:16]


def hints_in(data: bytes) -> list[Hint]:
    """The hints of a `.hints.json` file; ValueError says which entry is wrong, and how."""
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON ({error})") from None
    if not isinstance(whole, dict) or not isinstance(whole.get("hints"), list):
        raise ValueError('must look like {"version": 1, "hints": [{"x": 0.4, "y": 0.3, "color": "#8a2020"}]}')
    if whole.get("version", _VERSION) != _VERSION:
        raise ValueError(f"is of version {_short(whole['version'])}; this colorize reads version {_VERSION}")
    _no_others(whole, {"version", "hints"}, "it")
    return [_hint(entry, f"hint {number}") for number, entry in enumerate(whole["hints"], 1)]


def _hint(entry: Any, name: str) -> Hint:
    if not isinstance(entry, dict):
        raise ValueError(f'{name} is no object like {{"x": 0.4, "y": 0.3, "color": "#8a2020"}}')
    name = f"{name} ({entry['label']})" if isinstance(entry.get("label"), str) else name
    try:
        _no_others(entry, _KEYS, "it")
        x, y = (_fraction(entry, key) for key in ("x", "y"))
        radius = _number(entry.get("radius", RADIUS), "radius")
        if not 0 < radius <= _LARGEST_RADIUS:
            raise ValueError(f"radius is {radius:g}; it is a fraction of the longer side, at most 0.5")
        label = entry.get("label", "")
        if not isinstance(label, str):
            raise ValueError("label is no text")
        return Hint(x, y, *ab_of(entry.get("color")), radius, label)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _fraction(entry: dict[str, Any], key: str) -> float:
    if key not in entry:
        raise ValueError(f"{key} is missing")
    value = _number(entry[key], key)
    if not 0 <= value <= 1:
        side = "width" if key == "x" else "height"
        raise ValueError(f"{key} is {value:g}; it is a fraction of the {side}, 0 to 1, not a count of pixels")
    return value


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{key} is {_short(value)}, not a number")
    try:
        number = float(value)
    except OverflowError:  # JSON has integers of any length
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{key} is {_short(value)}, not a number that makes sense here")
    return number


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:50]} ..."


def _no_others(entry: dict[str, Any], known: set[str], name: str) -> None:
    if others := sorted(set(entry) - known):
        raise ValueError(
            f"{name} has {others[0]!r}, which is not known; known are {', '.join(sorted(known))}"
        )


def content_of(path: Path, most: int = _MOST_BYTES) -> bytes:
    """The bytes of a file of hints, written or drawn; PhotoError for one of more bytes than `most`."""
    try:
        with reading(path) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise PhotoError(f"{path}: the hints cannot be read ({error.strerror or error})") from None
    if len(data) > most:
        raise PhotoError(f"{path}: too large for a file of hints")
    return data
