"""The lines of a manifest wherever they stand: found by what they are about, read one by one.

In memory a line is 16 bytes: a hash of its target and its place. Objects for five million photos would take
gigabytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorize_cli.output.entries import parsed
from colorize_cli.output.own_folder import OwnFolder

_OPEN_AT_ONCE = 64  # files: a thousand shards may have left one each
_CHUNK = 4096

Numbers = NDArray[np.uint64]


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


@dataclass(frozen=True)
class Places:
    """Where lines are: hashes of their targets in order, and `Place.packed` of each."""

    hashes: Numbers
    places: Numbers

    @classmethod
    def of_lines(cls, hashes: array[int], places: array[int]) -> Places:
        """Those of lines in the order of their places."""
        found = np.array(hashes, np.uint64)
        order = np.argsort(found, kind="stable")
        return cls(found[order], np.array(places, np.uint64)[order])

    def find(self, target: str) -> list[Place]:
        """Where lines about a target are, in order; now and then also one that only has its hash."""
        key = np.uint64(hash_of(target))
        first, last = (int(np.searchsorted(self.hashes, key, side)) for side in ("left", "right"))
        return [Place.unpacked(int(number)) for number in self.places[first:last]]


class Lines:
    """The lines of some files in the tool's folder, in the order of the files, as they were when opened."""

    def __init__(self, folder: OwnFolder, names: list[str]) -> None:
        self._folder, self.names = folder, names
        self._handles: dict[int, int] = {}
        self._lock = threading.Lock()  # lines are looked up by several threads
        self._sizes = [0] * len(names)
        self._places = self._found()

    def __len__(self) -> int:
        return len(self._places.hashes)

    def about(self, target: str) -> list[tuple[Place, dict[str, Any]]]:
        """All records about a target with their places, in order."""
        found = ((place, self.record(place)) for place in self._places.find(target))
        return [(place, record) for place, record in found if record and record["target"] == target]

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
        """Let go of the files."""
        with self._lock:
            self._close()

    def _first(self, target: str, here: Place) -> bool:
        for place in self._places.find(target):
            if place == here:
                return True
            record = self.record(place)
            if record and record["target"] == target:
                return False
        return False

    def _found(self) -> Places:
        hashes, places = array("Q"), array("Q")
        for number in range(len(self.names)):
            for place, record in self._records(number, whole=True):
                hashes.append(hash_of(record["target"]))
                places.append(place.packed())
        return Places.of_lines(hashes, places)

    def _records(self, number: int, *, whole: bool = False) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The records of a file as far as it is known, `whole`: and what has come since."""
        at, gone = 0, contextlib.suppress(FileNotFoundError)
        with gone, os.fdopen(self._folder.open(self.names[number]), "rb") as file:
            for line in file:
                if not whole and at >= self._sizes[number]:
                    break
                if (record := parsed(line)) is not None:
                    yield Place(number, at), record
                at += len(line)
        if whole:
            self._sizes[number] = at

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


def hash_of(target: str) -> int:
    """64 bits that stand for a target."""
    digest = hashlib.blake2b(target.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")
