"""Image file directories, the structure of TIFF and EXIF: read as raw fields, packed at another place."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, Union

EXIF_IFD, GPS_IFD, INTEROP_IFD = 0x8769, 0x8825, 0xA005
SHORT, LONG = 3, 4
_DEEPEST = 3
_POINTERS = (EXIF_IFD, GPS_IFD, INTEROP_IFD)
# Bytes per value and bytes per number in it (what a change of byte order turns) by TIFF type.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}  # of BigTIFF alone
_SIZES |= {129: 1}  # UTF-8, since EXIF 3.0
_NUMBERS = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4}


@dataclass(frozen=True)
class Entry:
    """One field where it stands: `at` is the place of its tag, `start` that of its values."""

    tag: int
    kind: int
    count: int
    at: int
    start: int

    @property
    def size(self) -> int:
        """Bytes of its values."""
        return _SIZES.get(self.kind, 0) * self.count

    @property
    def end(self) -> int:
        """Where its values end."""
        return self.start + self.size


@dataclass(frozen=True)
class Field:
    """A TIFF type, the count of values, and the values in the byte order of their file."""

    kind: int
    count: int
    data: bytes

    def swapped(self) -> Field:
        """The same values in the other byte order."""
        n = _NUMBERS.get(self.kind, 1)
        turned = (self.data[i : i + n][::-1] for i in range(0, len(self.data), n))
        return Field(self.kind, self.count, b"".join(turned))


# A directory inside a directory stands under the tag that points to it.
Directory: TypeAlias = dict[int, Union[Field, "Directory"]]


class Tiff:
    """A TIFF, BigTIFF or EXIF structure; whatever is read outside of it is a ValueError."""

    def __init__(self, data: bytes | bytearray) -> None:
        self.data = data
        self.order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]), "")
        if not self.order or (version := self.read("H", 2)) not in (42, 43):
            raise ValueError("no TIFF header")
        self.wide = version == 43
        self._offset = "Q" if self.wide else "I"
        self._left = len(data)
        self.damaged: list[int] = []  # tags that `directory` has passed over
        self.first = self.read(self._offset, 8 if self.wide else 4)

    def read(self, code: str, at: int) -> int:
        """One number at a place."""
        try:
            value: int = struct.unpack_from(self.order + code, self.data, at)[0]
        except struct.error:
            raise ValueError("an offset points outside the block") from None
        return value

    def entries(self, ifd: int) -> Iterator[Entry]:
        """The fields of the directory at a place, their values not yet looked at."""
        count, length, inline = (8, 20, 8) if self.wide else (2, 12, 4)
        for i in range(self.read("Q" if self.wide else "H", ifd)):
            at = ifd + count + length * i
            entry = Entry(self.read("H", at), self.read("H", at + 2), self.read(self._offset, at + 4), at, 0)
            value = at + length - inline
            start = self.read(self._offset, value) if entry.size > inline else value
            yield Entry(entry.tag, entry.kind, entry.count, at, start)

    def sound(self, ifd: int) -> Iterator[Entry]:
        """Those fields whose values lie inside."""
        for entry in self.entries(ifd):
            try:
                self.check(entry)
            except ValueError:
                continue
            yield entry

    def next_pointer(self, ifd: int) -> int:
        """Where the offset of the following directory stands in a structure that is not wide."""
        return ifd + 2 + 12 * self.read("H", ifd)

    def check(self, entry: Entry) -> None:
        """ValueError unless the values lie inside the structure."""
        if entry.kind not in _SIZES:
            raise ValueError(f"tag {entry.tag:#06x} has an unknown type")
        if entry.end > len(self.data):
            raise ValueError(f"tag {entry.tag:#06x} points outside the block")

    def number(self, entry: Entry) -> int | None:
        """A single BYTE, SHORT, LONG or LONG8, else None."""
        code = {1: "B", SHORT: "H", LONG: "I", 13: "I", 16: "Q", 18: "Q"}.get(entry.kind)
        return self.read(code, entry.start) if code and entry.count == 1 else None

    def field(self, entry: Entry) -> Field:
        """The values of an entry."""
        self.check(entry)
        # Fields that overlap would make a small file grow without end.
        self._left -= entry.size
        if self._left < 0:
            raise ValueError("its values overlap")
        return Field(entry.kind, entry.count, bytes(self.data[entry.start : entry.end]))

    def directory(self, ifd: int, only: Iterable[int] = ()) -> Directory:
        """The fields of a directory, all or those asked for, with the directories below it.

        Fields that are damaged are passed over and put down in `damaged`.
        """
        return self._directory(ifd, frozenset(only), frozenset())

    def _directory(self, ifd: int, only: frozenset[int], above: frozenset[int]) -> Directory:
        if ifd in above or len(above) > _DEEPEST:
            raise ValueError("its directories go round in a circle")
        found: Directory = {}
        for entry in self.entries(ifd):
            if entry.tag in found or (only and entry.tag not in only):
                continue
            # Values of eight bytes exist in BigTIFF only, and nothing that describes a picture needs them.
            if entry.kind in (16, 17, 18) and entry.tag not in _POINTERS:
                continue
            try:
                child = self.number(entry) if entry.tag in _POINTERS else None
                if child is None:
                    found[entry.tag] = self.field(entry)
                else:
                    found[entry.tag] = self._directory(child, frozenset(), above | {ifd})
            except ValueError:
                self.damaged.append(entry.tag)
        return found


def pack_directory(directory: Directory, at: int, order: str, wide: bool = False) -> bytes:
    """A directory as it stands at a place: its table, then its long values and the directories below.

    wide: for BigTIFF.
    """
    count, number, inline = ("Q", "Q", 8) if wide else ("H", "I", 4)
    size = struct.calcsize(order + count) + (4 + 2 * inline) * len(directory) + inline
    table, tail = [struct.pack(order + count, len(directory))], bytearray()
    for tag, field in sorted(directory.items()):
        place = at + size + len(tail)
        if isinstance(field, dict):
            tail += pack_directory(field, place, order, wide)
            table.append(struct.pack(order + "HH" + 2 * number, tag, 16 if wide else LONG, 1, place))
            continue
        value = field.data.ljust(inline, b"\0")
        if len(value) > inline:
            tail += value + b"\0" * (len(value) % 2)
            value = struct.pack(order + number, place)
        table.append(struct.pack(order + "HH" + number, tag, field.kind, field.count) + value)
    return b"".join([*table, bytes(inline), tail])


def pack_block(directory: Directory, order: str) -> bytes:
    """A TIFF structure of one directory: the body of an EXIF block."""
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(order + "HI", 42, 8) + pack_directory(directory, 8, order)
