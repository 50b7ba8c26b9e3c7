"""The index of a manifest: a file beside it that says where lines are, so that a run reads its own ones only.

It is made from the lines and thrown away where they differ, so nothing is lost with it. It is only ever
replaced as a whole, by rename, and read without locks: a line of JSON about the files, pairs of 64-bit
numbers (hash of a key, place of a line) in the order of the hashes, and the hash of every 1024th pair. A line
has two keys: its target and its source.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from colorize_cli.common.atomic import output_errors, temporary_name, write_new
from colorize_cli.output.own_folder import OwnFolder

NAME = "index"
_VERSION = 2
_BLOCK = 1024  # pairs that a search reads at once
_PAIR = 16  # bytes
_END = 64  # bytes before a size by which a file is known again
_NUMBER = np.dtype("<u8")

Pairs = NDArray[np.uint64]  # (n,2)


def hash_of(key: str) -> int:
    """64 bits that stand for a key."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def places_in(pairs: Pairs, key: int) -> list[int]:
    """The second numbers of those pairs, in the order of the first, whose first is `key`."""
    first, last = (int(np.searchsorted(pairs[:, 0], np.uint64(key), side)) for side in ("left", "right"))
    return [int(place) for place in pairs[first:last, 1]]


@dataclass(frozen=True)
class Indexed:
    """A file of lines, and up to where its lines are in the index.

    end: digest of the bytes before `size`, which move with whatever is put in or taken out before them.
    """

    name: str
    size: int
    mtime_ns: int
    end: str

    @classmethod
    def of(cls, folder: OwnFolder, name: str, size: int) -> Indexed:
        """A file as it is now, whose lines are known up to `size`; OSError."""
        handle = folder.open(name)
        try:
            start = max(0, size - _END)
            end = hashlib.sha256(os.pread(handle, size - start, start)).hexdigest()[:16]
            return cls(name, size, os.fstat(handle).st_mtime_ns, end)
        finally:
            os.close(handle)

    def is_true(self, folder: OwnFolder) -> bool:
        """Whether the file has only grown since; a file of the same size has to have the same date."""
        now = Indexed.of(folder, self.name, self.size)
        grown = (folder.path / self.name).lstat().st_size - self.size
        return now.end == self.end and (grown > 0 or (grown == 0 and now.mtime_ns == self.mtime_ns))


class LineIndex:
    """The index of a folder as it is now; an empty one where there is none, or none that is true."""

    def __init__(self, folder: OwnFolder) -> None:
        self._handle, self._start, self.count = -1, 0, 0
        self.files: list[Indexed] = []
        self._every = np.empty(0, _NUMBER)  # hash of every 1024th pair
        # Whatever is wrong with it, the lines themselves are there.
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError, KeyError, RecursionError):
            self._open(folder)

    def find(self, key: int) -> list[int]:
        """Second numbers of the pairs whose first is `key`; OSError if the file cannot be read any more."""
        if not self.count:
            return []
        first, last = (int(np.searchsorted(self._every, np.uint64(key), side)) for side in ("left", "right"))
        return places_in(self._pairs(max(0, first - 1), last), key)

    def blocks(self) -> Iterator[Pairs]:
        """All pairs in order, some at a time."""
        for block in range(0, len(self._every), 64):
            yield self._pairs(block, block + 64)

    def __del__(self) -> None:
        # When the last thread that looks something up is through.
        if self._handle >= 0:
            os.close(self._handle)

    def _open(self, folder: OwnFolder) -> None:
        with os.fdopen(folder.open(NAME), "rb") as file:
            head: dict[str, Any] = json.loads(first := file.readline())
            files = [Indexed(**found) for found in head["files"]]
            count, start = int(head["pairs"]), len(first)
            every = -(-count // _BLOCK)
            size = start + count * _PAIR + every * _NUMBER.itemsize
            if head["v"] != _VERSION or os.fstat(file.fileno()).st_size != size:
                return
            if not all(found.is_true(folder) for found in files):
                return
            file.seek(start + count * _PAIR)
            self._every = np.frombuffer(file.read(), _NUMBER)
            self._handle, self._start, self.count, self.files = os.dup(file.fileno()), start, count, files

    def _pairs(self, first: int, last: int) -> Pairs:
        """Those of blocks `first` up to `last`."""
        begin, end = first * _BLOCK, min(last * _BLOCK, self.count)
        data = os.pread(self._handle, (end - begin) * _PAIR, self._start + begin * _PAIR)
        return np.frombuffer(data, _NUMBER).reshape(-1, 2)


def write_index(folder: OwnFolder, files: list[Indexed], count: int, parts: Iterable[Pairs]) -> None:
    """Put an index in place of the last one; OutputError if it cannot be."""
    path = folder.make() / temporary_name()
    head = {"v": _VERSION, "pairs": count, "files": [asdict(file) for file in files]}
    with output_errors(path):
        try:
            write_new(path, lambda file: _write(file, json.dumps(head), parts))
            path.replace(folder.path / NAME)
        finally:
            path.unlink(missing_ok=True)


def _write(file: BinaryIO, head: str, parts: Iterable[Pairs]) -> None:
    file.write(f"{head}\n".encode("ascii"))
    every, at = [], 0
    for part in parts:
        file.write(part.astype(_NUMBER).tobytes())
        every.append(part[-at % _BLOCK :: _BLOCK, 0])
        at += len(part)
    file.write(np.concatenate([*every, np.empty(0, _NUMBER)]).astype(_NUMBER).tobytes())


def merged(index: LineIndex, more: Pairs) -> Iterator[Pairs]:
    """The pairs of an index and more of them, in order, in little memory."""
    at = 0
    for block in index.blocks():
        end = int(np.searchsorted(more[:, 0], block[-1, 0], "right"))
        both = np.concatenate([block, more[at:end]])
        yield both[np.argsort(both[:, 0], kind="stable")]
        at = end
    yield more[at:]
