"""The blocks that travel with a photo: found in the scan, made upright, left out when damaged."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

ORIENTATION = 0x0112
_EXIF_IFD, _GPS_IFD, _INTEROP_IFD = 0x8769, 0x8825, 0xA005
_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xA002, 0xA003
_THUMBNAIL_START, _THUMBNAIL_LENGTH = 0x0201, 0x0202
# Bytes per value of the TIFF types 1 to 13.
_TYPE_SIZES = (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
_SHORT, _LONG = 3, 4
EXIF_PREFIX = b"Exif\0\0"


@dataclass(frozen=True)
class _Entry:
    """One field of an image file directory; `at` is where its twelve bytes begin."""

    tag: int
    kind: int
    count: int
    at: int


class _Tiff:
    """A TIFF structure that can be walked and patched in place; ValueError where it is damaged."""

    def __init__(self, block: bytes) -> None:
        self.data = bytearray(block)
        self.order = {b"II": "<", b"MM": ">"}.get(block[:2], "")
        if not self.order or self.read("H", 2) != 42:
            raise ValueError("no TIFF header")

    def read(self, code: str, at: int) -> int:
        try:
            value: int = struct.unpack_from(self.order + code, self.data, at)[0]
        except struct.error:
            raise ValueError("an offset points outside the block") from None
        return value

    def write(self, code: str, at: int, value: int) -> None:
        struct.pack_into(self.order + code, self.data, at, value)

    def entries(self, ifd: int) -> Iterator[_Entry]:
        """The fields of the directory at an offset, each with its values inside the block."""
        for i in range(self.read("H", ifd)):
            at = ifd + 2 + 12 * i
            entry = _Entry(self.read("H", at), self.read("H", at + 2), self.read("I", at + 4), at)
            self._check(entry)
            yield entry

    def next_pointer(self, ifd: int) -> int:
        """Where the offset of the following directory stands."""
        return ifd + 2 + 12 * self.read("H", ifd)

    def value(self, entry: _Entry) -> int:
        return self.read("H" if entry.kind == _SHORT else "I", entry.at + 8)

    def put(self, entry: _Entry, value: int) -> None:
        """Overwrite a single SHORT or LONG; other kinds are left alone."""
        if entry.count == 1 and entry.kind in (_SHORT, _LONG):
            self.write("H" if entry.kind == _SHORT else "I", entry.at + 8, value)

    def _check(self, entry: _Entry) -> None:
        if not 1 <= entry.kind <= len(_TYPE_SIZES):
            raise ValueError(f"tag {entry.tag:#06x} has an unknown type")
        size = _TYPE_SIZES[entry.kind - 1] * entry.count
        start = self.read("I", entry.at + 8) if size > 4 else entry.at + 8
        if start + size > len(self.data):
            raise ValueError(f"tag {entry.tag:#06x} points outside the block")


def exif_orientation(block: bytes) -> int:
    """A TIFF structure -> its orientation, 1 to 8; 1 where there is none or it cannot be read."""
    try:
        tiff = _Tiff(block)
        found = (tiff.value(e) for e in tiff.entries(tiff.read("I", 4)) if e.tag == ORIENTATION)
        orientation = next(found, 1)
    except ValueError:
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def upright_exif(block: bytes, width: int, height: int) -> bytes:
    """The block with orientation 1, the upright pixel size and no thumbnail, else byte for byte.

    Patched in place because maker notes hold absolute offsets; ValueError if it is damaged.
    """
    tiff = _Tiff(block)
    first = tiff.read("I", 4)
    sizes = {_PIXEL_WIDTH: width, _PIXEL_HEIGHT: height}
    for entry in _all_entries(tiff, first):
        if entry.tag == ORIENTATION:
            tiff.put(entry, 1)
        elif entry.tag in sizes:
            tiff.put(entry, sizes[entry.tag])
    _drop_thumbnail(tiff, tiff.next_pointer(first))
    return bytes(tiff.data)


def _all_entries(tiff: _Tiff, first: int) -> Iterator[_Entry]:
    waiting, seen = [first], set[int]()
    while waiting:
        ifd = waiting.pop()
        if ifd in seen:
            raise ValueError("its directories go round in a circle")
        seen.add(ifd)
        for entry in tiff.entries(ifd):
            if entry.tag in (_EXIF_IFD, _GPS_IFD, _INTEROP_IFD):
                waiting.append(tiff.value(entry))
            yield entry


def _drop_thumbnail(tiff: _Tiff, pointer: int) -> None:
    second = tiff.read("I", pointer)
    if not second:
        return
    fields = {entry.tag: tiff.value(entry) for entry in tiff.entries(second)}
    start, length = fields.get(_THUMBNAIL_START, 0), fields.get(_THUMBNAIL_LENGTH, 0)
    tiff.write("I", pointer, 0)
    if start >= 8 and start + length >= len(tiff.data):
        del tiff.data[start:]
    elif start >= 8:
        tiff.data[start : start + length] = bytes(length)


def check_icc(profile: bytes) -> None:
    """ValueError unless the block is an ICC profile of the length that it states."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        raise ValueError("not an ICC profile")
    if int.from_bytes(profile[:4], "big") > len(profile):
        raise ValueError("the ICC profile is cut short")


def icc_for_rgb(profile: bytes | None) -> bytes | None:
    """The profile if it describes RGB; a grey or CMYK one would be wrong on a colour picture."""
    return profile if profile is not None and profile[16:20] == b"RGB " else None
