"""Keeping what was chosen: the chosen variant gets the plain name of its photo, the rest is filed away.

The manifest is told first, then files are renamed (in undoing the other way round); a picture is known by
its digest wherever it is, so that after a kill the same command finishes what was begun, and a run in
between does nothing for the photo. Nothing is ever written over.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from colorize_cli.common.atomic import output_errors
from colorize_cli.common.digests import sha256_of
from colorize_cli.errors import PhotoError
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.picks import Choice
from colorize_cli.output.records import Entry, Pick, Picture, number_of
from colorize_cli.settings import UNCERTAINTY, OutputKind

OTHERS = "other-variants"
Layout = dict[OutputKind, str | None]
Step = tuple[str, str | None]  # from, to; None: deleted


class Others(StrEnum):
    """What becomes of variants that were not chosen."""

    MOVE = "move"
    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True)
class PickResult:
    """What became of a photo's pictures: one word, the files that got another name, and what went wrong.

    state: "filed", "undone", "unchanged" or "failed"; moves: from, to (None: deleted), below the folder.
    """

    photo: str
    state: str
    moves: tuple[Step, ...] = ()
    problem: str | None = None


def pick(
    root: Path, manifest: Manifest, choices: Iterable[Choice], others: Others, *, dry_run: bool = False
) -> Iterator[PickResult]:
    """Carry out choices; an undecided one puts the pictures back that an earlier one has moved.

    A choice that cannot be carried out is told, and the others go on. The folder has to be locked, unless
    `dry_run`. OutputError if files cannot be renamed.
    """
    for choice in choices:
        entry = manifest.entry(choice.photo)
        try:
            variant = _chosen(entry, choice)
            assert entry is not None
            yield _file(root, manifest, entry, variant, others, dry_run)
        except PhotoError as error:
            yield PickResult(choice.photo, "failed", problem=str(error))


def picked(manifest: Manifest) -> list[Choice]:
    """What undoes every choice that was carried out."""
    return [Choice(entry.target) for entry in manifest.entries() if entry.pick is not None]


def _chosen(entry: Entry | None, choice: Choice) -> int | None:
    """The variant that was chosen, 0 for none, None for no decision; PhotoError if it is not to be had."""
    if entry is None or not entry.pictures:
        raise PhotoError("no run has made pictures of it here")
    places = [Path(place) for made in entry.pictures.values() for place in _places(entry, made)]
    if any(place.is_absolute() or ".." in place.parts for place in places):
        raise PhotoError("the manifest names files outside of the folder for it")
    if not choice.variant:
        return choice.variant
    made = entry.pictures.get(choice.variant)
    if made is None:
        raise PhotoError(f"has no variant {choice.variant}")
    if choice.sha256 and choice.sha256 != made.sha256:
        raise PhotoError(f"variant {choice.variant} was made anew since it was chosen; look at it again")
    if entry.path(made) is None:
        raise PhotoError(
            f"variant {choice.variant} was deleted by an earlier pick; take that back with --undo, colour "
            "the photo again, then pick"
        )
    return choice.variant


def _layout(entry: Entry, found: Layout, variant: int | None, others: Others) -> Layout:
    """Where a photo's pictures belong, None for deleted; with `variant` None where a run has put them."""
    wanted: Layout = {}
    for kind, made in entry.pictures.items():
        before = entry.path(made)
        if variant is None or kind == UNCERTAINTY:  # a map is no variant; it stays
            wanted[kind] = entry.made_path(made)
        elif kind == variant:
            wanted[kind] = plain_path(entry, made)
        elif before is None or found[kind] is None:
            wanted[kind] = before  # what is missing or was changed stays noted where it was
        elif others is Others.DELETE:
            wanted[kind] = None
        else:
            wanted[kind] = entry.made_path(made) if others is Others.KEEP else _aside(entry, made)
    return wanted


def plain_path(entry: Entry, made: Picture) -> str:
    """The name of the photo itself, with the suffix of the picture."""
    suffix = os.path.splitext(made.name)[1]  # noqa: PTH122
    own = entry.target.lower().endswith(suffix.lower())
    return entry.target if own else entry.target + suffix


def _aside(entry: Entry, made: Picture) -> str:
    return os.path.join(OTHERS, entry.made_path(made))  # noqa: PTH118


def _file(
    root: Path, manifest: Manifest, entry: Entry, variant: int | None, others: Others, dry_run: bool
) -> PickResult:
    if variant is not None and _in_place(root, entry, variant, others):
        return PickResult(entry.target, "unchanged")
    found = {kind: _find(root, entry, made) for kind, made in entry.pictures.items()}
    wanted = _layout(entry, found, variant, others)
    chosen = None if variant is None else Pick(variant, wanted)
    steps = _steps(root, entry, found, wanted, variant)
    if entry.pick == chosen and not steps:
        return PickResult(entry.target, "unchanged")
    if not dry_run:
        _carry_out(root, manifest, entry, chosen, steps)
    return PickResult(entry.target, "undone" if variant is None else "filed", tuple(steps))


def _carry_out(root: Path, manifest: Manifest, entry: Entry, chosen: Pick | None, steps: list[Step]) -> None:
    # While the manifest has a pick, no run makes pictures anew that are on their way.
    if chosen is not None and entry.pick != chosen:
        manifest.append_pick(entry.target, entry.source, chosen)
    for source, target in steps:
        with output_errors(root / source, "renamed", "the same command goes on where this one stopped"):
            _rename(root, source, target)
    if chosen is None:
        manifest.append_pick(entry.target, entry.source, None)


def _in_place(root: Path, entry: Entry, variant: int, others: Others) -> bool:
    """Whether a pick was carried out to its end, at the price of one digest."""
    if entry.pick is None or entry.pick.variant != variant:
        return False
    as_if_found: Layout = dict.fromkeys(entry.pictures, "")
    wanted = _layout(entry, as_if_found, variant, others)
    if wanted != entry.pick.paths:
        return False
    for kind, path in wanted.items():
        made = entry.pictures[kind]
        if path is None:
            if any(os.path.lexists(root / place) for place in (entry.made_path(made), _aside(entry, made))):
                return False
        elif not (_is(root / path, made) if kind == variant else _has_size(root / path, made)):
            return False
    return True


def _steps(root: Path, entry: Entry, found: Layout, wanted: Layout, variant: int | None) -> list[Step]:
    """Renames in an order in which no name is taken; PhotoError if one of them would be.

    The chosen picture moves last: where it is in its place, the others are.
    """
    if variant and found[variant] is None:
        name = entry.path(entry.pictures[variant])
        raise PhotoError(f"{name} is missing or was changed since it was made; it cannot be kept as chosen")
    steps: list[Step] = []
    for kind in sorted(wanted, key=lambda kind: (kind == variant, number_of(kind))):
        source, target = found[kind], wanted[kind]
        if source is None or source == target:
            continue
        if target is not None and target not in found.values() and os.path.lexists(root / target):
            raise PhotoError(_in_the_way(root, entry, target))
        steps.append((source, target))
    return steps


def _in_the_way(root: Path, entry: Entry, target: str) -> str:
    scan = os.path.normpath(root / entry.source.path)
    if os.path.normpath(root / target) == scan:
        return f"{target} is the scan itself. Colour into a folder of its own with -o, then pick there"
    return f"{target} is there already and not ours to write over. Move it away, then pick again"


def _places(entry: Entry, made: Picture) -> list[str]:
    """Where a picture may be: as noted, where a run has put it, and where picks put pictures."""
    places = (entry.path(made), entry.made_path(made), plain_path(entry, made), _aside(entry, made))
    return list(dict.fromkeys(place for place in places if place is not None))


def _find(root: Path, entry: Entry, made: Picture) -> str | None:
    return next((place for place in _places(entry, made) if _is(root / place, made)), None)


def _is(path: Path, made: Picture) -> bool:
    """Whether a file is the picture that was made, by its digest."""
    try:
        return _has_size(path, made) and sha256_of(path) == made.sha256
    except OSError:
        return False


def _has_size(path: Path, made: Picture) -> bool:
    try:
        state = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(state.st_mode) and state.st_size == made.size


def _rename(root: Path, source: str, target: str | None) -> None:
    if target is None:
        (root / source).unlink()
    else:
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(root / target):
            raise FileExistsError(None, "something has appeared there", str(root / target))
        (root / source).rename(root / target)
    # Folders that this has emptied; only those of picks, the others are the user's.
    folder = Path(source).parent
    while OTHERS in folder.parts[:1]:
        with contextlib.suppress(OSError):
            (root / folder).rmdir()
        folder = folder.parent
