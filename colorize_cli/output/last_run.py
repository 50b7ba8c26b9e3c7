"""The settings of the last run that coloured something in an output folder, to colour one photo anew with.

`.colorize/last-run`, a JSON object; it decides nothing about which pictures are right, so that it may be
missing, deleted or nonsense. A key to sign with is not kept, only that there was one.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorize_cli.common.atomic import replace_file
from colorize_cli.errors import OutputError
from colorize_cli.hints.palette import MOST_COLOURS, Palette
from colorize_cli.image.encoding import Subsampling
from colorize_cli.image.formats import Format
from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.output.own_folder import OwnFolder
from colorize_cli.settings import DETAIL, DIVERSITY, PALETTE_STRENGTH, QUALITY, VARIANTS, Hinting, RunSettings

_NAME, _VERSION = "last-run", 1


@dataclass(frozen=True, slots=True)
class LastRun:
    """fields: those of `RunSettings` that are kept; weights: their sha256; signed: with a key not kept."""

    fields: dict[str, Any]
    weights: str
    signed: bool


def note_last_run(root: str, settings: RunSettings, weights_sha256: str) -> None:
    """Keep the settings of a run; where that cannot be done nothing is lost."""
    kept = {name: getattr(settings, name) for name in _KEPT}
    kept["palette"] = None if settings.palette is None else settings.palette.colours
    kept["weights"] = None if settings.weights is None else _relative(settings.weights, root)
    about = {"v": _VERSION, "weights": weights_sha256, "signed": settings.signing is not None}
    data = json.dumps(about | {"settings": kept}).encode()
    folder = OwnFolder(root)
    with contextlib.suppress(OutputError, OSError):
        if _read(folder) != data:
            replace_file(folder.make() / _NAME, data)


def read_last_run(root: str) -> LastRun | None:
    """What is kept; None if nothing is, or if it makes no sense."""
    try:
        found = json.loads(_read(OwnFolder(root)))
        kept = found["settings"]
        if found["v"] != _VERSION or not isinstance(found["weights"], str):
            return None
        fields = {name: parsed(kept[name]) for name, parsed in _KEPT.items()}
        weights = _optional(_text)(kept["weights"])
        fields["weights"] = None if weights is None else Path(os.path.normpath(Path(root, weights)))
        return LastRun(fields, found["weights"], _flag(found["signed"]))
    except (OutputError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _read(folder: OwnFolder) -> bytes:
    try:
        return folder.read(_NAME)
    except FileNotFoundError:
        return b""


def _relative(path: Path, root: str) -> str:
    try:
        return os.path.relpath(path, root)  # the folder may be moved together with it
    except ValueError:  # another drive
        return os.path.abspath(path)  # noqa: PTH100


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("no text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _within(low: float, high: float, *, whole: bool) -> Callable[[Any], Any]:
    def parsed(value: Any) -> Any:
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            raise ValueError("no number that makes sense")
        return value

    return parsed


def _optional(parsed: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else parsed(value)


def _palette(value: Any) -> Palette:
    colours = [(float(a), float(b)) for a, b in value]
    if not 0 < len(colours) <= MOST_COLOURS or not all(map(math.isfinite, sum(colours, ()))):
        raise ValueError("no palette")
    return Palette(tuple(colours))


# What is kept, and how it is read: all that decides how pictures look, and what else a run did to each.
_KEPT: dict[str, Callable[[Any], Any]] = {
    "variants": _within(*VARIANTS, whole=True),
    "seed": _within(-(2**63), 2**63, whole=True),
    "diversity": _optional(_within(*DIVERSITY, whole=False)),
    "detail": _optional(_within(*DETAIL, whole=True)),
    "hints": Hinting,
    "palette": _optional(_palette),
    "palette_strength": _within(*PALETTE_STRENGTH, whole=False),
    "format": Format,
    "quality": _within(*QUALITY, whole=True),
    "chroma": Subsampling,
    "lossless_luma": _flag,
    "separate_scans": _flag,
    "source_type": SourceType,
    "group": _optional(_text),
    "uncertainty": _flag,
    "keep_times": _flag,
    "durable": _flag,
    "max_mpixels": _within(0, math.inf, whole=False),
}
