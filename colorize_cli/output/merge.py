"""Joining output folders: pictures and what is known of them come into one, and nothing there is replaced.

Of every photo the manifest is told first, then its pictures appear, as in a run: after a kill the same
command finishes what was begun.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from colorize_cli.common.atomic import output_errors, temporary_name, write_new
from colorize_cli.common.digests import sha256_of
from colorize_cli.common.regular import open_regular
from colorize_cli.errors import NoInputError, PhotoError
from colorize_cli.output.group_looks import add_looks
from colorize_cli.output.lock import growing_place
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.own_folder import OwnFolder
from colorize_cli.output.picks import PICKS, read_picks, write_picks
from colorize_cli.output.records import Entry, Picture
from colorize_cli.settings import OutputKind


@dataclass(frozen=True)
class MergeResult:
    """What became of a photo, or of what is known of a group: pictures that were copied, and what is wrong.

    state: "merged", "there" (nothing was to be done) or "conflict" (what was there first stays).
    """

    name: str
    state: str
    pictures: int = 0
    problems: tuple[str, ...] = ()


def merge(sources: Sequence[Path], root: Path) -> Iterator[MergeResult]:
    """Bring what is in the folders `sources` into `root`, which has to be locked, in their order.

    NoInputError if one of them has no manifest, OutputError if something cannot be written.
    """
    for source in sources:
        if not OwnFolder(source).exists():  # a shard to which no photo fell has it, too
            raise NoInputError(f"{source}: no run of colorize wrote there. Name its output folders.")
    found = [(source, Manifest(str(source))) for source in sources if not _same(source, root)]
    own = Manifest(str(root))
    for source, manifest in found:
        own.refresh()
        for group in add_looks(str(source), str(root)):
            yield MergeResult(f"group {group}", "conflict", problems=(f"has another look in {source}",))
        for entry in manifest.entries():
            yield _Photo(source, root, own, entry).merged()
        yield from _picks(source, root)
        manifest.close()
    own.save_index()
    own.close()
    if hasattr(os, "sync"):
        os.sync()  # what was merged is often deleted next


@dataclass(frozen=True)
class _Photo:
    source: Path
    root: Path
    manifest: Manifest
    entry: Entry

    def merged(self) -> MergeResult:
        """Bring a photo over as far as nothing contradicts it."""
        known = self.manifest.entry(self.entry.target)
        try:
            _require_inside(self.entry)
            if known is not None:
                self._require_agreement(known)
            missing = self._missing(known)
        except PhotoError as error:
            return MergeResult(self.entry.target, "conflict", problems=(str(error),))
        new = {k: made for k, made in self.entry.pictures.items() if known is None or k not in known.pictures}
        copies: list[tuple[Path, str]] = []
        try:
            problems = self._copy(missing, copies)
            if known is None or new:
                self.manifest.append_entry(self._seen_from_root(new))
            for temporary, place in copies:
                with output_errors(self.root / place):
                    temporary.replace(self.root / place)
        finally:
            for temporary, _ in copies:
                temporary.unlink(missing_ok=True)
        state = "conflict" if problems else "merged" if new or copies or known is None else "there"
        return MergeResult(self.entry.target, state, len(copies), tuple(problems))

    def _require_agreement(self, known: Entry) -> None:
        """PhotoError if what is known of the photo here is not what is known there."""
        digests = known.source.sha256, self.entry.source.sha256
        if known.pictures and self.entry.pictures and all(digests) and digests[0] != digests[1]:
            raise PhotoError(f"was made from another scan in {self.source}, or the scan has changed")
        for kind, made in self.entry.pictures.items():
            if kind in known.pictures and known.pictures[kind].sha256 != made.sha256:
                raise PhotoError(f"is another picture in {self.source}: {made.name}")
        if known.pictures and self.entry.pictures and known.pick != self.entry.pick:
            raise PhotoError(f"was chosen from in another way in {self.source} (colorize pick --undo)")

    def _missing(self, known: Entry | None) -> dict[OutputKind, str]:
        """Pictures that have to be copied, and where to; PhotoError if something else is in the place."""
        found: dict[OutputKind, str] = {}
        for kind, made in self.entry.pictures.items():
            here = known.pictures.get(kind) if known else None
            place = known.path(here) if known and here else self.entry.path(made)
            if place is None:
                continue
            if not os.path.lexists(self.root / place):
                found[kind] = place
            elif not _is(self.root / place, made):
                raise PhotoError(f"{place} is there already and is another file")
        return found

    def _copy(self, places: dict[OutputKind, str], copies: list[tuple[Path, str]]) -> list[str]:
        """Add copies that do not have their names yet, with their places; what is wrong with other ones."""
        problems = []
        for kind, place in places.items():
            made = self.entry.pictures[kind]
            try:
                copies.append((_copied(self.source, self.entry, made, self.root, place), place))
            except PhotoError as error:
                problems.append(str(error))
        return problems

    def _seen_from_root(self, pictures: dict[OutputKind, Picture]) -> Entry:
        scan = os.path.normpath(self.source / self.entry.source.path)
        source = replace(self.entry.source, path=os.path.relpath(scan, self.root))
        return replace(self.entry, source=source, pictures=pictures)


def _copied(source: Path, entry: Entry, made: Picture, root: Path, place: str) -> Path:
    """A copy of a picture beside its place; PhotoError if it is not the picture that was made."""
    path = source / (entry.path(made) or "")
    try:
        with os.fdopen(open_regular(path, follow=False), "rb") as file:
            state, data = os.fstat(file.fileno()), file.read()
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read ({error.strerror or error}); colour it again") from error
    folder = (root / place).parent
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = growing_place(str(root), folder) / temporary_name(path.suffix)
    stored = write_new(temporary, lambda new: new.write(data))
    if stored.sha256 != made.sha256:
        temporary.unlink()
        raise PhotoError(f"{path}: was changed since it was made; it stays where it is")
    os.utime(temporary, ns=(state.st_atime_ns, state.st_mtime_ns))
    return temporary


def _picks(source: Path, root: Path) -> Iterator[MergeResult]:
    """Choices that were made and not yet carried out; of two the one that was there first stays."""
    if not (source / PICKS).exists():
        return
    theirs = read_picks(source / PICKS)
    ours = read_picks(root / PICKS) if (root / PICKS).exists() else {}
    if theirs.items() - ours.items():
        write_picks(root / PICKS, (theirs | ours).values())
    for photo in theirs.keys() & ours.keys():
        if theirs[photo] != ours[photo]:
            yield MergeResult(photo, "conflict", problems=(f"has another choice in {source / PICKS}",))


def _require_inside(entry: Entry) -> None:
    places = [Path(entry.path(made) or "") for made in entry.pictures.values()]
    places += [Path(entry.target), *(Path(entry.made_path(made)) for made in entry.pictures.values())]
    if any(place.is_absolute() or os.pardir in place.parts for place in places):
        raise PhotoError("the manifest names files outside of the folder for it")


def _is(path: Path, made: Picture) -> bool:
    """Whether a file is the picture that was made, by its digest."""
    try:
        return not path.is_symlink() and path.stat().st_size == made.size and sha256_of(path) == made.sha256
    except OSError:
        return False


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
