"""The hints of one photo as a person edits them: where they belong, what is there, and new ones."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageColor

from colorize_cli.common.atomic import replace_file
from colorize_cli.common.regular import reading
from colorize_cli.errors import PhotoError
from colorize_cli.hints.beside import hints_of, hints_of_page, is_hint_file, subjects_of
from colorize_cli.hints.dots import hints_in_dots
from colorize_cli.hints.hint import Hint
from colorize_cli.hints.hint_file import MOST_HINTS, content_of, digest_of, hints_in
from colorize_cli.image.colour.cielab import into_gamut, lab_to_rgb
from colorize_cli.image.formats import READABLE

_MOST_BYTES = 1_000_000
_SHOWN_GREY = 130  # at which a colour without lightness is shown


@dataclass(frozen=True, slots=True)
class HintSheet:
    """A photo's hints, those that can be edited and those that cannot.

    path: of the file that edited ones stand or will stand in; entries: what stands there, as `hint_file`
    reads it; digest: of its bytes, "" while there is none; drawn: from a picture of dots that counts as well;
    files: all that a run reads.
    """

    path: Path
    entries: tuple[dict[str, Any], ...] = ()
    digest: str = ""
    drawn: tuple[Hint, ...] = ()
    files: tuple[Path, ...] = ()


def read_sheet(scan: Path, page: int | None) -> HintSheet:
    """The hints that a run would use for a photo, `page` of it counted from 1.

    PhotoError where they are not understood, or where the scan or its folder cannot be looked at.
    """
    names = _beside(scan)
    files = hints_of_page(scan.name, page, hints_of(scan.name, subjects_of(names)))
    written = next((name for name in files if name.lower().endswith(".json")), None)
    paths = tuple(scan.with_name(name) for name in files)
    drawn = tuple(hint for path in paths if path.name != written for hint in _drawn(path))
    if written is None:
        return HintSheet(scan.with_name(_new_name(scan, page, files, names)), drawn=drawn, files=paths)
    path = scan.with_name(written)
    data = _content(path)
    try:
        hints_in(data)
    except ValueError as error:
        raise PhotoError(f"{path}: {error}. It stays as it is; put it right, or move it away.") from None
    return HintSheet(path, tuple(json.loads(data)["hints"]), digest_of([data]), drawn, paths)


def write_sheet(scan: Path, page: int | None, entries: Sequence[object], digest: str) -> HintSheet:
    """Put new entries in the place of those that had the digest; what is there now.

    ValueError for entries that no run would understand, PhotoError where a file is there that has another
    digest or is not understood, OutputError where it cannot be written.
    """
    data = _written(entries)
    if len(hints_in(data)) > MOST_HINTS:
        raise ValueError(f"{len(entries)} hints are more than the limit of {MOST_HINTS}")
    before = read_sheet(scan, page)
    if before.path.is_symlink():
        raise PhotoError(f"{before.path}: is a link; change the file that it leads to.")
    if before.digest != digest:
        raise PhotoError(
            f"{before.path}: was changed since it was shown here. Load the page again to see what is there."
        )
    if entries or before.digest:
        replace_file(before.path, data, durable=True)
    return read_sheet(scan, page)


def shown_colour(color: str) -> str:
    """A colour as `hint_file` takes it -> #rrggbb, which every browser takes."""
    return "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(color)[:3])


def shown_hint(hint: Hint) -> str:
    """#rrggbb of a hint at a middling lightness, as strong as that allows."""
    grey, ab = np.full((1, 1), _SHOWN_GREY, np.uint8), np.array([[[hint.a]], [[hint.b]]], np.float32)
    return "#{:02x}{:02x}{:02x}".format(
        *np.rint(lab_to_rgb(grey, into_gamut(grey, ab))[0, 0] * 255).astype(int)
    )


def _beside(scan: Path) -> list[str]:
    try:
        with reading(scan):
            return os.listdir(scan.parent)  # noqa: PTH208
    except OSError as error:
        raise PhotoError(
            f"{scan}: the scan cannot be read ({error.strerror or error}); hints have their place beside it."
        ) from None


def _new_name(scan: Path, page: int | None, used: Sequence[str], names: Sequence[str]) -> str:
    """Of a file that counts for this photo and page alone, together with the `used` picture of dots."""
    if used:
        return os.path.splitext(used[0])[0] + ".json"  # noqa: PTH122
    shared = any(
        name != scan.name and not is_hint_file(name) and _is_photo(name) and Path(name).stem == scan.stem
        for name in names
    )
    return f"{scan.name if shared else scan.stem}{'' if page is None else f'.page-{page}'}.hints.json"


def _is_photo(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in READABLE  # noqa: PTH122


def _drawn(path: Path) -> list[Hint]:
    data = _content(path, 50 * _MOST_BYTES)
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            size = image.size
        return hints_in_dots(data, *size)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise PhotoError(f"{path}: cannot be read as a PNG ({error}).") from None
    except ValueError as error:
        raise PhotoError(f"{path}: {error}.") from None


def _content(path: Path, most: int = _MOST_BYTES) -> bytes:
    try:
        return content_of(path, most)
    except PhotoError as error:
        raise PhotoError(f"{error}.") from None


def _written(entries: Sequence[object]) -> bytes:
    """A line each, as a person would write them."""
    lines = ",\n  ".join(json.dumps(entry) for entry in entries)
    return ('{"version": 1, "hints": [' + (f"\n  {lines}\n" if lines else "") + "]}\n").encode()
