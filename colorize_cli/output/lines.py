"""The lines of a manifest wherever they stand: found by what they are about, read one by one.

What the index does not have is kept in memory, 32 bytes a line: objects for five million photos would take
gigabytes.
"""

from __future__ import annotations

import contextlib
import os
import threading
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from colorize_cli.common.atomic import output_errors
from colorize_cli.output.entries import parsed
from colorize_cli.output.line_index import Indexed, LineIndex, Pairs, hash_of, merged, places_in, write_index
from colorize_cli.output.own_folder import OwnFolder
from colorize_cli.output.segments import segments

_OPEN_AT_ONCE = 64  # files: a thousand shards may have left one each
_CHUNK = 4096
_WORTH_AN_INDEX = 2000  # keys of lines that every run would read anew


@dataclass(frozen=True, order=True)
class Place:
    """Where a line begins: which of the files, and at which byte."""

    file: int
    offset: int

    def packed(self) -> int:
        """As one number; the order stays."""
        return self.file << 48 | self.offset

    @classmethod
    def unpacked(cls, number: int) -> Place:
        """The place of `packed`."""
        return cls(number >> 48, number & (1 << 48) - 1)


class Lines:
    """The lines of a manifest as it was when this was opened, in all its files; `stem` begins their names."""

    def __init__(self, folder: OwnFolder, stem: str) -> None:
        self._handles: dict[int, int] = {}
        self._folder = folder
        self._lock = threading.Lock()  # lines are looked up by several threads
        self._index = LineIndex(folder)
        known = [file.name for file in self._index.files]
        self.names = known + [name for name in segments(folder, stem) if name not in set(known)]
        self._sizes = [file.size for file in self._index.files] + [0] * (len(self.names) - len(known))
        self._torn: set[int] = set()  # lines that do not end yet
        self._rest = self._found()  # what the index does not have

    def __bool__(self) -> bool:
        return bool(self._index.count or len(self._rest))

    def about(self, target: str) -> list[tuple[Place, dict[str, Any]]]:
        """All records about a target with their places, in the order of the names of files."""
        right = ((place, record) for place, record in self._with(target) if record["target"] == target)
        return sorted(right, key=lambda one: (self.names[one[0].file], one[0].offset))

    def made_of(self, path: str, page: int | None) -> list[str]:
        """Targets that some line says a source has, each once, in the order in which such a line comes first.

        Now and then also that of a source that only has its hash.
        """
        return list(dict.fromkeys(record["target"] for _, record in self._with(_source_key(path, page))))

    def targets(self) -> Iterator[str]:
        """What the lines are about, each once, in the order in which it comes first."""
        for number in range(len(self.names)):
            for place, record in self._records(number):
                if self._first(record["target"], place):
                    yield record["target"]

    def record(self, place: Place) -> dict[str, Any] | None:
        """The record that begins there; None if it makes no sense."""
        chunk, at = b"", place.offset
        while b"\n" not in chunk:
            with self._lock:
                part = os.pread(self._handle(place.file), _CHUNK, at)
            if not part:
                break
            chunk, at = chunk + part, at + len(part)
        return parsed(chunk.split(b"\n", 1)[0])

    def close(self) -> None:
        """Let go of the files; who looks something up opens them again."""
        with self._lock:
            self._close()

    def __del__(self) -> None:
        self._close()

    def _first(self, target: str, here: Place) -> bool:
        first = (place for place, record in self._with(target) if record["target"] == target)
        return next(first, None) == here

    def save_index(self) -> None:
        """Let the next one read only what is new; OutputError if that cannot be written."""
        if len(self._rest) < _WORTH_AN_INDEX:
            return
        rest = self._rest[~np.isin(self._rest[:, 1], np.array(sorted(self._torn), np.uint64))]
        with output_errors(self._folder.path, "read"):
            sizes = zip(self.names, self._sizes, strict=True)
            files = [Indexed.of(self._folder, name, size) for name, size in sizes]
        write_index(self._folder, files, self._index.count + len(rest), merged(self._index, rest))

    def _with(self, key: str) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The records that have a key, in order; now and then also one that only has its hash."""
        number = hash_of(key)
        for packed in sorted(self._index.find(number) + places_in(self._rest, number)):
            place = Place.unpacked(packed)
            if record := self.record(place):
                yield place, record

    def _found(self) -> Pairs:
        pairs = array("Q")
        for number, size in enumerate(self._sizes):
            for place, record in self._records(number, size):
                for key in _keys(record):
                    pairs.extend((hash_of(key), place.packed()))
        found = np.frombuffer(pairs, np.uint64).reshape(-1, 2)
        return found[np.argsort(found[:, 0], kind="stable")]

    def _records(self, number: int, start: int | None = None) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The records of a file as far as it is known, or from `start` on, which makes them known."""
        at, gone = start or 0, contextlib.suppress(FileNotFoundError)
        with gone, os.fdopen(self._folder.open(self.names[number]), "rb") as file:
            file.seek(at)
            for line in file:
                place, whole = Place(number, at), line.endswith(b"\n")
                if start is None and at >= self._sizes[number] and place.packed() not in self._torn:
                    break
                at += len(line)
                if start is not None:
                    self._torn |= set() if whole else {place.packed()}
                    self._sizes[number] = at if whole else place.offset
                if (record := parsed(line)) is not None:
                    yield place, record

    def _handle(self, number: int) -> int:
        if number not in self._handles:
            if len(self._handles) >= _OPEN_AT_ONCE:
                self._close()
            self._handles[number] = self._folder.open(self.names[number])
        return self._handles[number]

    def _close(self) -> None:
        for handle in self._handles.values():
            os.close(handle)
        self._handles.clear()


def _keys(record: dict[str, Any]) -> Iterator[str]:
    yield record["target"]
    source = record["source"]
    if isinstance(source, dict) and isinstance(path := source.get("path"), str):
        yield _source_key(path, source.get("page"))


def _source_key(path: str, page: object) -> str:
    return f"{path}\0{page}"  # no target has a NUL
