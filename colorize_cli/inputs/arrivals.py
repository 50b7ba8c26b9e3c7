"""What has arrived in a folder, and has stopped growing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from colorize_cli.errors import NoInputError
from colorize_cli.inputs.walk import InputFile, select
from colorize_cli.settings import RunSettings

# Size and time of a photo and of its files of hints.
State = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Look:
    """What is there: photos that are whole, whether some of them are new, and seconds until others may be."""

    ready: frozenset[str]
    news: bool
    wait: float | None = None


class Arrivals:
    """Looks again and again at what the settings name, by the rules of every walk."""

    def __init__(
        self, settings: RunSettings, settle: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._settle, self._clock = settings, settle, clock
        self._seen: dict[str, tuple[State, float]] = {}  # and since when it has been so
        self._taken: dict[str, State] = {}  # as it was when a run took it
        self._failed: set[str] = set()

    def look(self) -> Look:
        """Which photos have had the same size and time for `settle` seconds, hints among them."""
        now = self._clock()
        before, self._seen = self._seen, {}
        for path, state in self._states():
            known = before.get(path)
            self._seen[path] = known if known and known[0] == state else (state, now)
        waits = [since + self._settle - now for _, since in self._seen.values()]
        ready = {path for path, wait in zip(self._seen, waits, strict=True) if wait <= 0}
        fresh = {path for path in ready if self._taken.get(path) != self._seen[path][0]}
        left = [wait for wait in waits if wait > 0]
        return Look(frozenset(ready - (self._failed - fresh)), bool(fresh), min(left, default=None))

    def took(self, ready: Iterable[str], failed: Iterable[str]) -> None:
        """A run has gone over these; those that failed are left alone until they change."""
        there = {path: state for path, state in self._taken.items() if path in self._seen}
        self._taken = there | {path: self._seen[path][0] for path in ready}
        self._failed = (self._failed - set(ready)) | set(failed)

    def _states(self) -> Iterator[tuple[str, State]]:
        """Of all photos that are not empty: an empty one is about to be written."""
        try:
            photos = select(self._settings).photos
        except NoInputError:
            return  # not yet
        for photo in photos:
            state = _state(photo)
            if state and state[0][0]:
                yield photo.path, state


def _state(photo: InputFile) -> State | None:
    folder = os.path.dirname(photo.path)  # noqa: PTH120
    try:
        return tuple(map(_size_and_time, (photo.path, *(os.path.join(folder, h) for h in photo.hints))))  # noqa: PTH118
    except OSError:
        return None  # it was taken away at this moment


def _size_and_time(path: str) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116
    return found.st_size, found.st_mtime_ns
