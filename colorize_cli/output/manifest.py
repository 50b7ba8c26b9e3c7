"""The manifest of an output folder: what was made from what, as JSON Lines that are only ever appended.

A line stands for one photo and the pictures that a run made of it. Paths are relative to the output
folder, so that a folder can be moved with its photos, and lines of two machines can be put into one file.
The schema is in docs/archive.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

from colorize_cli.common.atomic import output_errors
from colorize_cli.output.entries import VERSION, joined, parsed
from colorize_cli.output.own_folder import OwnFolder
from colorize_cli.output.records import Entry, Pick, Picture, Source, number_of

NAME = "manifest"
_SYNC_EVERY = 2.0  # seconds of work that a power cut may cost


class Manifest:
    """The manifest of the folder `root`; opened for writing by the first `append`."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._folder = OwnFolder(root)
        self.path = self._folder.path / NAME
        # Where a photo's lines begin: objects for a hundred thousand photos would take a gigabyte.
        self._lines: dict[str, list[int]] = {}
        self.damaged: dict[str, int] = {}  # lines that make no sense, of photos that were looked up
        self._reader = self._writer = -1
        self._lock = threading.Lock()
        self._synced = time.monotonic()
        self._index()

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, target: str) -> bool:
        return target in self._lines

    def entry(self, target: str) -> Entry | None:
        """What is known of the photo whose pictures are named after `target`."""
        places = self._lines.get(target)
        if not places:
            return None
        with output_errors(self.path, "read"):
            records = [r for r in (self._record(place) for place in places) if r is not None]
        entry, wrong = joined(target, records)
        if wrong:
            self.damaged[target] = wrong
        return entry

    def entries(self) -> Iterator[Entry]:
        """Everything that is known, in the order in which photos came first."""
        for target in self._lines:
            if entry := self.entry(target):
                yield entry

    def append(
        self, target: str, source: Source, pictures: list[Picture] | None = None, left_out: str | None = None
    ) -> None:
        """Note a photo; a line is written at once, and whole. OutputError if it cannot be."""
        record: dict[str, Any] = {"v": VERSION, "target": target, "source": asdict(source)}
        if pictures:
            record |= {"recipe": pictures[0].recipe, "weights": pictures[0].weights}
            record["made"] = [picture.written() for picture in pictures]
        if left_out:
            record["left_out"] = left_out
        self._append(record)

    def append_pick(self, target: str, source: Source, pick: Pick | None) -> None:
        """Note what was chosen, or that it no longer is; OutputError if it cannot be written."""
        chosen = None
        if pick is not None:
            paths = {number_of(kind): path for kind, path in pick.paths.items()}
            chosen = {"variant": pick.variant, "paths": paths}
        self._append({"v": VERSION, "target": target, "source": asdict(source), "pick": chosen})

    def close(self) -> None:
        """Make sure that all lines are on the disk."""
        with self._lock, output_errors(self.path):
            for handle in (self._writer, self._reader):
                if handle >= 0:
                    if handle == self._writer:
                        os.fsync(handle)
                    os.close(handle)
            self._reader = self._writer = -1

    def _append(self, record: dict[str, Any]) -> None:
        line = (json.dumps(record, separators=(",", ":")) + "\n").encode()
        with self._lock, output_errors(self.path):
            self._write(line)

    def _index(self) -> None:
        place, gone = 0, contextlib.suppress(FileNotFoundError)
        with output_errors(self.path, "read"), gone, self._opened() as file:
            for line in file:
                if (record := parsed(line)) is not None:
                    self._lines.setdefault(str(record["target"]), []).append(place)
                place += len(line)

    def _opened(self) -> BinaryIO:
        return os.fdopen(self._folder.open(NAME), "rb")

    def _record(self, place: int) -> dict[str, Any] | None:
        with self._lock:  # photos are looked up by several threads
            if self._reader < 0:
                self._reader = self._folder.open(NAME)
        chunk, at = b"", place
        while b"\n" not in chunk:
            part = os.pread(self._reader, 4096, at)
            if not part:
                break
            chunk, at = chunk + part, at + len(part)
        return parsed(chunk.split(b"\n", 1)[0])

    def _write(self, line: bytes) -> None:
        if self._writer < 0:
            self._folder.make()
            self._writer = self._folder.open(NAME, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        # On a disk that is full a line is torn in the middle of a run, too.
        left = memoryview(_end_of_torn_line(self._writer) + line)
        while left:
            left = left[os.write(self._writer, left) :]
        if time.monotonic() - self._synced > _SYNC_EVERY:
            os.fsync(self._writer)
            self._synced = time.monotonic()


def _end_of_torn_line(handle: int) -> bytes:
    """A line break if the last line was never finished."""
    size = os.fstat(handle).st_size
    return b"\n" if size and os.pread(handle, 1, size - 1) != b"\n" else b""
