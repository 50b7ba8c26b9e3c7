"""Files that client and workers of a run see: whether it goes on, and which photos end their workers.

They lie where pictures grow, and have names of unfinished files: what a client that was killed leaves is
removed by the next run, which tells its workers that they work for nobody.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from enum import Enum, auto
from pathlib import Path

from colorize_cli.common.atomic import output_errors, temporary_name
from colorize_cli.common.regular import reading
from colorize_cli.output.lock import growing_place

_STOP = b"stop\n"
_LINE = re.compile(r"^[+-]\d+$", re.M)


def shared_place(root: str, suffix: str) -> Path:
    """The path of a new file that the run's workers see, and that no later run keeps."""
    return (growing_place(root, Path(root)) / temporary_name(suffix)).absolute()


class Going(Enum):
    """Whether a run goes on: photos are begun, or only finished, or nobody waits for them any more."""

    ON = auto()
    STOPPING = auto()
    OVER = auto()


class RunMark:
    """A file that is there as long as its run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """The run begins."""
        with output_errors(self.path):
            self.path.write_bytes(b"")

    def stop(self) -> None:
        """No more photos are to be begun."""
        with output_errors(self.path):
            _append(self.path, _STOP)

    def remove(self) -> None:
        """The run is over."""
        with output_errors(self.path, "removed"):
            self.path.unlink(missing_ok=True)

    def state(self) -> Going:
        """How it stands, for a worker."""
        try:
            with reading(self.path) as file:
                return Going.STOPPING if file.read() else Going.ON
        except OSError:
            return Going.OVER


class Journal:
    """Which photos of a request were begun and ended, through all its tries: a line for each.

    A photo that was begun and not ended may be what ended the worker. Each line is a file opened, written
    and closed, so that it is on the storage before the photo is touched.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """The request is going to be sent."""
        with output_errors(self.path):
            self.path.write_bytes(b"")

    def begun(self, place: int) -> None:
        """A photo is going to be read."""
        self._add(f"+{place}\n")

    def ended(self, place: int) -> None:
        """A photo has an outcome."""
        self._add(f"-{place}\n")

    def read(self) -> list[str]:
        """All lines; none before the first try."""
        try:
            with reading(self.path) as file:
                return _LINE.findall(file.read().decode("ascii", "replace"))
        except FileNotFoundError:
            return []

    def deaths(self) -> Counter[int]:
        """How often each photo was begun and not ended, of those that were."""
        found: Counter[int] = Counter()
        for line in self.read():
            found[int(line[1:])] += 1 if line[0] == "+" else -1
        return found

    def remove(self) -> None:
        """The request has its answer."""
        with output_errors(self.path, "removed"):
            self.path.unlink(missing_ok=True)

    def _add(self, line: str) -> None:
        with output_errors(self.path):
            _append(self.path, line.encode("ascii"))


def _append(path: Path, data: bytes) -> None:
    """Add to a file that is there; one that is gone was removed with its run, and stays gone."""
    with (
        contextlib.suppress(FileNotFoundError),
        os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "ab") as file,
    ):
        file.write(data)
