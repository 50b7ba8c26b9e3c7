"""The settings that a photo is coloured anew with: those of the last run into its folder, or likely ones."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from colorize_cli.common.printing import counted
from colorize_cli.errors import PhotoError
from colorize_cli.hints.hint_file import hints_digest
from colorize_cli.hints.sheet import read_sheet
from colorize_cli.image.formats import FORMATS, READABLE, Format
from colorize_cli.image.metadata.provenance import provenance_in
from colorize_cli.image.reading import read_photo
from colorize_cli.model.weights_file import weights_digest
from colorize_cli.output.last_run import LastRun, read_last_run
from colorize_cli.output.records import Entry
from colorize_cli.settings import UNCERTAINTY, Hinting, RunSettings


@dataclass(frozen=True)
class LikeLast:
    """Settings, and in words where they are from and what will be other than in the pictures there."""

    settings: RunSettings
    said: str


def last_settings(root: Path, entry: Entry, usual: RunSettings, typed: Mapping[str, Any]) -> LikeLast:
    """Those of the last run if they are known, else the usual ones with what the pictures show.

    typed: what was asked for by name, which counts more. WeightsError if the weights are not there.
    """
    last = read_last_run(str(root))
    settings = _guessed(root, entry, usual) if last is None else replace(usual, **last.fields)
    settings = replace(settings, **typed)
    settings = replace(settings, variants=max(settings.variants, *entry.variants))
    said = [_origin(root, entry, settings) if last is None else _of_last_run(settings)]
    said += _cautions(entry, settings, last)
    if _has_changed(scan_of(root, entry), entry):
        said.append("The scan was changed since; what is shown here need not be what will be coloured.")
    if settings.hints is Hinting.OFF:
        settings = replace(settings, hints=Hinting.HARD)
    return LikeLast(settings, " ".join(said))


def scan_of(root: Path, entry: Entry) -> Path:
    """Where a photo's scan was when it was coloured."""
    return Path(os.path.normpath(root / entry.source.path))


def _origin(root: Path, entry: Entry, settings: RunSettings) -> str:
    if _explains(root, entry, settings):
        return f"With the settings that its pictures were made with: {_in_words(settings)}."
    return (
        "Which settings its pictures were made with is not known; these are the usual ones: "
        f"{_in_words(settings)}. If others are wanted, run colorize over the photo with its own options "
        "instead; it uses the same hints."
    )


def _guessed(root: Path, entry: Entry, usual: RunSettings) -> RunSettings:
    """The usual settings with number, format, seed and map as the pictures show them."""
    kind, own = _format_of(entry), READABLE.get(Path(entry.source.path).suffix.lower())
    same = own if own and own.written else FORMATS["png"]
    seed = _seed(root, entry)
    return replace(
        usual,
        variants=max(entry.variants),
        format=Format.SAME if same.name == kind.value else kind,
        seed=usual.seed if seed is None else seed,
        uncertainty=usual.uncertainty or UNCERTAINTY in entry.pictures,
    )


def _format_of(entry: Entry) -> Format:
    first = next(iter(entry.variants.values()))
    found = READABLE.get(Path(first.name).suffix.lower())
    return Format(found.name) if found and found.written else Format.PNG


def _seed(root: Path, entry: Entry) -> int | None:
    """What one of its pictures says of its seed."""
    for made in entry.variants.values():
        path = entry.path(made)
        try:
            xmp = read_photo(root / path, max_mpixels=1e6).metadata.xmp if path else None
        except PhotoError:
            continue
        if xmp and (said := provenance_in(xmp)):
            return said.seed
    return None


def _explains(root: Path, entry: Entry, settings: RunSettings) -> bool:
    """Whether pictures made with these settings are those that are there."""
    made = next(iter(entry.variants.values()))
    try:
        hints = hints_digest(read_sheet(scan_of(root, entry), entry.source.page).files)
    except PhotoError:
        hints = ""
    recipes = {settings.digest(_format_of(entry), found) for found in (hints, "")}
    return made.recipe in recipes and made.weights == weights_digest(settings.weights)


def _of_last_run(settings: RunSettings) -> str:
    return f"With the settings of the last run here: {_in_words(settings)}."


def _in_words(settings: RunSettings) -> str:
    parts = [counted(settings.variants, "variant"), f"seed {settings.seed}"]
    if settings.format is not Format.SAME:
        parts.append(f"as {FORMATS[settings.format].title}")
    if settings.palette is not None:
        parts.append(f"a palette of {len(settings.palette.colours)} colours")
    if settings.group is not None:
        parts.append("as one series")
    parts.append("the weights that ship" if settings.weights is None else f"weights {settings.weights.name}")
    return ", ".join(parts)


def _has_changed(scan: Path, entry: Entry) -> bool:
    try:
        return scan.stat().st_size != entry.source.size
    except OSError:
        return False


def _cautions(entry: Entry, settings: RunSettings, last: LastRun | None) -> list[str]:
    """What will differ from the pictures that are there."""
    said = []
    found = weights_digest(settings.weights)
    before = last.weights if last else next(iter(entry.variants.values())).weights
    if found != before:
        said.append(
            "These weights are others than those of the pictures that are there (sha256 "
            f"{before[:12]}, now {found[:12]}); “colorize gallery --weights FILE” takes yours."
        )
    if settings.hints is Hinting.OFF:
        said.append("The last run ignored hints (--hints off); this one uses them.")
    if last is not None and last.signed:
        said.append(
            "The last run signed its pictures. Those made here are not signed; the next run makes them again."
        )
    return said
