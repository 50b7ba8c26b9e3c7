"""What the manifest knows of a photo, seen with the settings of this run: which pictures are still right."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import Enum, auto

from colorize_cli.common.digests import sha256_of
from colorize_cli.errors import OutputError
from colorize_cli.inputs.naming import InputPhoto
from colorize_cli.output.records import Entry, Picture
from colorize_cli.settings import IfExists, OutputKind


class Fate(Enum):
    """What is to be done about an output.

    CHECK: it is right if the photo is still the same. KEEP: a person has changed what a run had made.
    FOREIGN: a file that no run has made is in its place, and stays.
    """

    MAKE = auto()
    CHECK = auto()
    KEEP = auto()
    FOREIGN = auto()


@dataclass(frozen=True, slots=True)
class Existing:
    """A photo's entry in the manifest, None for none, and what a right picture would have been made with."""

    entry: Entry | None
    recipe: str
    weights: str
    trust_mtime: bool

    def saw(self, path: str) -> bool:
        """Whether the file has the size and time it had when it was last read."""
        try:
            state = os.stat(path)  # noqa: PTH116
        except OSError:
            return False
        known = self.entry.source if self.entry else None
        return known is not None and (known.size, known.mtime_ns) == (state.st_size, state.st_mtime_ns)

    def trusts(self, path: str) -> bool:
        """Whether the file is taken for the photo that was last read, without a look at its content."""
        return self.trust_mtime and self.saw(path)

    def is_of_another(self, photo: InputPhoto) -> bool:
        """Whether the pictures in a photo's place are of another one: another path, another content."""
        if self.entry is None or not self.entry.pictures or self.trusts(photo.path):
            return False
        if os.path.relpath(photo.path, photo.root) == self.entry.source.path:
            return False
        try:
            return sha256_of(photo.path) != self.entry.source.sha256
        except OSError:
            return False

    def of(self, photo: InputPhoto, if_exists: IfExists) -> Existing:
        """What counts as made of a photo: nothing, if the pictures in its place are of another one.

        OutputError unless `if_exists` says what to do with those.
        """
        if self.entry is None or not self.is_of_another(photo):
            return self
        if if_exists in (IfExists.SKIP, IfExists.ERROR):
            raise OutputError(
                f"{photo.root}: {self._made} there was made from {self.entry.source.path}, not from "
                f"{photo.path}. Name both in one run, choose another folder with -o, or --if-exists rename "
                "or overwrite."
            )
        return replace(self, entry=None)

    @property
    def _made(self) -> str:
        return next(iter(self.entry.pictures.values())).name if self.entry else ""

    def fate(self, folder: str, usual: str, kind: OutputKind, if_exists: IfExists) -> tuple[Fate, str]:
        """What is to be done about an output, and its name in the folder; OutputError as `if_exists` says."""
        made = self.entry.pictures.get(kind) if self.entry else None
        if made is not None and _size(f"{folder}{os.sep}{made.name}") == made.size:
            if self._is_current(made) and if_exists is not IfExists.OVERWRITE:
                return Fate.CHECK, made.name
            if _suffix(made.name) == _suffix(usual):  # else it is to be of another format
                return Fate.MAKE, made.name
        path = f"{folder}{os.sep}{usual}"
        if _size(path) is None or if_exists is IfExists.OVERWRITE:
            return Fate.MAKE, usual
        # Something that no run has noted, or that was changed since: only the user can say.
        if if_exists is IfExists.ERROR:
            raise in_the_way(path)
        if if_exists is IfExists.RENAME:
            return Fate.MAKE, free_name(path)
        return (Fate.KEEP if made is not None and made.name == usual else Fate.FOREIGN), usual

    def _is_current(self, made: Picture) -> bool:
        """Whether a picture was made of the photo last seen, with these settings and weights."""
        source = self.entry.source.sha256 if self.entry else ""
        return (made.recipe, made.weights, made.source_sha256) == (self.recipe, self.weights, source)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def _size(path: str) -> int | None:
    try:
        return os.lstat(path).st_size
    except OSError:
        return None


def in_the_way(path: str) -> OutputError:
    """What is said of a file that no run has noted, or that was changed since."""
    return OutputError(f"{path} exists. Choose --if-exists skip, overwrite or rename.")


def free_name(path: str) -> str:
    """A name that no file of the folder has, made of that of `path`."""
    stem, suffix = os.path.splitext(path)  # noqa: PTH122
    count = 2
    while os.path.lexists(f"{stem}~{count}{suffix}"):
        count += 1
    return os.path.basename(f"{stem}~{count}{suffix}")  # noqa: PTH119
