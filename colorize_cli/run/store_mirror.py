"""Groups of photos of a store on this computer, for one run over them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from colorize_cli.common.store import Store, StoredObject
from colorize_cli.errors import ColorizeError, NoInputError
from colorize_cli.inputs.output_names import OUR_OUTPUT
from colorize_cli.inputs.store_groups import StoreGroup, key_of
from colorize_cli.inputs.walk import select
from colorize_cli.settings import RunSettings

T = TypeVar("T")
R = TypeVar("R")

_AT_A_TIME = 8  # objects; waiting for a store takes no processor


def at_a_time(function: Callable[[T], R], items: list[T]) -> list[R]:
    """`function` of all items, several at a time; whatever one raises is raised."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(function, items))


class StoreMirror:
    """The photos of some groups of a folder (`place`), and their pictures as they were, below `scratch`.

    Both lie to each other as in the stores, so that paths in the manifest are true there.
    """

    def __init__(self, scratch: Path, source: Store, target: Store, place: str) -> None:
        self.inputs, self.outputs = scratch / source.mirror, scratch / target.mirror
        self._scratch, self._source, self._target, self._place = scratch, source, target, place
        self._before: dict[Path, tuple[int, int, int]] = {}

    def close(self) -> None:
        """Remove all files."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def settings(self, settings: RunSettings) -> RunSettings:
        """Those of a run over what is here."""
        return replace(settings, paths=(self.inputs,), output=self.outputs)

    def fill(self, groups: list[StoreGroup], settings: RunSettings, fail: Callable[[str], None]) -> set[str]:
        """Fetch the photos that the settings take, their hints and pictures; the keys of groups that failed.

        A walk over files without content says which those are, so that nothing is fetched for nothing.
        """
        self.outputs.mkdir(parents=True, exist_ok=True)
        failed = set()
        photos = {self._here(self.inputs, found): found for group in groups for found in group.photos}
        for path in photos:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            except OSError as error:  # a key may be longer than a file's name
                fail(f"{path}: cannot be fetched ({error.strerror}); give it another name")
                failed.add(key_of(path.name))
        wanted = {path: (self._source, photos[path]) for path in self._chosen(settings) & photos.keys()}
        for group in groups:
            if any(self._here(self.inputs, found) in wanted for found in group.photos):
                pictures = {self._here(self.outputs, found): found for found in group.pictures}
                wanted |= {path: (self._target, found) for path, found in pictures.items()}
        problems = at_a_time(lambda path: self._fetch(path, *wanted[path]), list(wanted))
        for path, problem in zip(wanted, problems, strict=True):
            if problem is not None:
                fail(problem)
                failed.add(key_of(path.name))
        for path in photos:
            if key_of(path.name) in failed:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
        self._before = {path: _state(path) for path in self._pictures()}
        return failed

    def changed(self) -> Iterator[Path]:
        """Pictures that are new or another since."""
        return (path for path in self._pictures() if self._before.get(path) != _state(path))

    def pictures_of(self, group: StoreGroup) -> list[StoredObject]:
        """What is there now of a group."""
        there = (path for path in self._pictures() if key_of(path.name) == group.key)
        return [StoredObject(path.name, path.stat().st_size, 0, "") for path in there]

    def in_store(self, path: Path) -> str:
        """Where a picture goes in the target."""
        return path.relative_to(self.outputs).as_posix()

    def _chosen(self, settings: RunSettings) -> set[Path]:
        try:
            photos = select(self.settings(settings)).photos
        except NoInputError:
            return set()
        paths = {Path(photo.path) for photo in photos}
        return paths | {Path(photo.path).with_name(hint) for photo in photos for hint in photo.hints}

    def _fetch(self, path: Path, store: Store, found: StoredObject) -> str | None:
        """Why it could not be done."""
        try:
            store.fetch(f"{self._place}/{found.name}" if self._place else found.name, path)
            os.utime(path, ns=(found.mtime_ns, found.mtime_ns))
        except (ColorizeError, OSError) as error:
            return str(error)
        return None

    def _here(self, folder: Path, found: StoredObject) -> Path:
        return folder / self._place / found.name

    def _pictures(self) -> Iterator[Path]:
        folder = self.outputs / self._place
        return (path for path in sorted(folder.glob("*")) if OUR_OUTPUT.search(path.name))


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino
