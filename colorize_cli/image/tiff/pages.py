"""Pages of a TIFF, found with a few small reads: planning asks for every file of an archive.

By no library, for those read every tag of every directory.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from colorize_cli.common.regular import open_regular

MOST = 10_000  # directories that are looked at
_NEW_SUBFILE_TYPE, _REDUCED_OR_MASK = 254, 0b101
_CLASSIC, _BIG = 42, 43
# struct codes of a directory's count, a field's count and an offset, and the size of a field.
_LAYOUTS = {_CLASSIC: ("H", "I", "I", 12), _BIG: ("Q", "Q", "Q", 20)}

Read = Callable[[int, int], bytes]  # offset, length


class Directory(NamedTuple):
    """A place in the chain of directories: which from 0, and where."""

    number: int
    offset: int


def page_directories(read: Read) -> Iterator[Directory]:
    """The directories that are pages: not thumbnails, not masks; none if it is no TIFF.

    Where the chain is longer than MOST, the last one has the number MOST and stands for all the rest.
    """
    order = {b"II": "<", b"MM": ">"}.get(read(0, 2))
    if order is None:
        return
    try:
        version = _number(read, order, "H", 2)
        counts, values, offsets, size = _LAYOUTS[version]
        at, seen = _number(read, order, offsets, 4 if version == _CLASSIC else 8), set[int]()
        while at and at not in seen:
            found = Directory(len(seen), at)
            seen.add(at)
            count = _number(read, order, counts, at)
            fields = at + struct.calcsize(counts)
            # Tags are sorted and this one is the lowest that files use, so it stands first or not at all.
            if found.number == MOST or not _is_part(read(fields, size), order, values):
                yield found
            if found.number == MOST:
                return
            at = _number(read, order, offsets, fields + count * size)
    except (KeyError, struct.error, OSError, OverflowError, ValueError):
        return


def count_pages(path: Path) -> int:
    """Pages of a TIFF file; 1 for everything else, also for what is damaged or cannot be opened.

    More than MOST for a TIFF with more directories than that.
    """
    try:
        handle = open_regular(path)
    except OSError:
        return 1
    try:
        return max(1, sum(1 for _ in page_directories(lambda at, length: os.pread(handle, length, at))))
    except OSError:
        return 1
    finally:
        os.close(handle)


def _number(read: Read, order: str, code: str, at: int) -> int:
    code = order + code
    value: int = struct.unpack(code, read(at, struct.calcsize(code)))[0]
    return value


def _is_part(field: bytes, order: str, values: str) -> bool:
    """Whether a directory's first field says that it is a smaller version or a mask of another page."""
    if len(field) < 12 or struct.unpack_from(order + "H", field)[0] != _NEW_SUBFILE_TYPE:
        return False
    value: int = struct.unpack_from(order + "I", field, 4 + struct.calcsize(values))[0]
    return bool(value & _REDUCED_OR_MASK)
