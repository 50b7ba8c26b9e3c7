"""EXIF: read, and made upright in place because maker notes hold absolute offsets."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

from colorize_cli.image.metadata.ifd import (
    EXIF_IFD,
    GPS_IFD,
    INTEROP_IFD,
    LONG,
    SHORT,
    Directory,
    Entry,
    Field,
    Tiff,
    pack_block,
    pack_directory,
)

ORIENTATION = 0x0112
EXIF_PREFIX = b"Exif\0\0"
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
_WIDTHS, _HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)
_THUMBNAIL_START, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_RATIONAL = 5
_MOST_DIRECTORIES = 8
_INCH, _CENTIMETRE = 2, 3


def exif_orientation(block: bytes) -> int:
    """A TIFF structure -> its orientation, 1 to 8; 1 where there is none or it cannot be read."""
    return stated_orientation(block) or 1


def stated_orientation(block: bytes) -> int | None:
    """The same, None where none is stated."""
    try:
        tiff = Tiff(block)
        found = [tiff.number(e) for e in tiff.entries(tiff.first) if e.tag == ORIENTATION]
    except ValueError:
        return None
    return found[0] if found and found[0] in range(1, 9) else None


def upright_exif(block: bytes, width: int, height: int, turned: bool = False) -> bytes:
    """The block with orientation 1, the upright pixel size and no thumbnail, else byte for byte.

    turned: width and height changed places, and so do the resolutions. ValueError if it is damaged.
    """
    tiff, out = Tiff(block), bytearray(block)
    entries = list(_all_entries(tiff))
    for entry in entries:
        if entry.tag == ORIENTATION:
            _put(out, tiff.order, entry, 1)
        elif entry.tag in _WIDTHS + _HEIGHTS:
            _put(out, tiff.order, entry, width if entry.tag in _WIDTHS else height)
    if turned:
        _swap_resolutions(out, entries)
    _drop_thumbnail(tiff, out, entries)
    return bytes(out)


def exif_dpi(block: bytes) -> tuple[float, float] | None:
    """(across, down) in dots per inch, None where the block states none."""
    try:
        tiff = Tiff(block)
        found = {e.tag: e for e in tiff.entries(tiff.first)}
        pair = [_fraction(tiff, found[tag]) for tag in (X_RESOLUTION, Y_RESOLUTION)]
        unit = tiff.number(found[RESOLUTION_UNIT]) if RESOLUTION_UNIT in found else _INCH
    except (ValueError, KeyError, ZeroDivisionError):
        return None
    scale = {_INCH: 1.0, _CENTIMETRE: 2.54}.get(unit or 0)
    return (pair[0] * scale, pair[1] * scale) if scale else None


def clean_dpi(found: Any) -> tuple[float, float] | None:
    """Two numbers that can be resolutions, or None for whatever else was found."""
    try:
        across, down = (float(value) for value in found)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 <= across <= 65535 and 1 <= down <= 65535 else None


def with_dpi(block: bytes | None, dpi: tuple[float, float]) -> bytes:
    """The block stating a resolution, or a new block, for formats without another place for it.

    The first directory is put anew at the end; everything else keeps its place.
    """
    unit = {RESOLUTION_UNIT: 2}
    if block is None:
        return pack_block(_resolution("<", dpi, unit), "<")
    return _with_first(block, lambda order: _resolution(order, dpi, unit))


def without_orientation(block: bytes) -> bytes:
    """The block stating no orientation, in the same way."""
    return block if stated_orientation(block) is None else _with_first(block, lambda _: {}, drop=ORIENTATION)


def _with_first(block: bytes, new: Callable[[str], Directory], drop: int | None = None) -> bytes:
    tiff = Tiff(block)
    fields: Directory = {e.tag: tiff.field(e) for e in tiff.entries(tiff.first) if e.tag != drop}
    fields |= new(tiff.order)
    out = bytearray(block + b"\0" * (len(block) % 2))
    struct.pack_into(tiff.order + "I", out, 4, len(out))
    return bytes(out + pack_directory(fields, len(out), tiff.order))


def _resolution(order: str, dpi: tuple[float, float], unit: dict[int, int]) -> Directory:
    found: Directory = {tag: Field(SHORT, 1, struct.pack(order + "H", v)) for tag, v in unit.items()}
    for tag, value in zip((X_RESOLUTION, Y_RESOLUTION), dpi, strict=True):
        found[tag] = Field(_RATIONAL, 1, struct.pack(order + "II", round(value * 1000), 1000))
    return found


def _fraction(tiff: Tiff, entry: Entry) -> float:
    if entry.kind != _RATIONAL or entry.count != 1:
        raise ValueError("no fraction")
    return tiff.read("I", entry.start) / tiff.read("I", entry.start + 4)


def _all_entries(tiff: Tiff) -> Iterator[Entry]:
    """The entries of the first directory and of those below it, each with its values inside."""
    if tiff.wide:
        raise ValueError("no TIFF header")
    waiting, seen = [tiff.first], set[int]()
    while waiting:
        ifd = waiting.pop()
        if ifd in seen or len(seen) == _MOST_DIRECTORIES:
            raise ValueError("its directories go round in a circle")
        seen.add(ifd)
        for entry in tiff.entries(ifd):
            tiff.check(entry)
            child = tiff.number(entry) if entry.tag in (EXIF_IFD, GPS_IFD, INTEROP_IFD) else None
            if child is not None:
                waiting.append(child)
            yield entry


def _put(out: bytearray, order: str, entry: Entry, value: int) -> None:
    """Overwrite a single BYTE, SHORT or LONG, as `Tiff.number` reads it; other kinds are left alone."""
    code, top = {1: ("B", 255), SHORT: ("H", 65535), LONG: ("I", 2**32 - 1)}.get(entry.kind, ("", 0))
    if code and entry.count == 1 and value <= top:
        struct.pack_into(order + code, out, entry.start, value)


def _swap_resolutions(out: bytearray, entries: list[Entry]) -> None:
    pair = [e for tag in (X_RESOLUTION, Y_RESOLUTION) for e in entries if e.tag == tag and e.size == 8]
    if len(pair) == 2:
        values = [bytes(out[e.start : e.end]) for e in reversed(pair)]
        for entry, value in zip(pair, values, strict=True):
            out[entry.start : entry.end] = value


def _drop_thumbnail(tiff: Tiff, out: bytearray, entries: list[Entry]) -> None:
    """Cut the second directory off and wipe the thumbnail, unless other values share its bytes."""
    pointer = tiff.next_pointer(tiff.first)
    second = tiff.read("I", pointer)
    if not second:
        return
    numbers = {entry.tag: tiff.number(entry) or 0 for entry in tiff.entries(second)}
    struct.pack_into(tiff.order + "I", out, pointer, 0)
    start = numbers.get(_THUMBNAIL_START, 0)
    end = min(start + numbers.get(_THUMBNAIL_LENGTH, 0), len(out))
    used = [(e.at, e.at + 12) for e in entries] + [(e.start, e.end) for e in entries]
    used += [(0, 8), (tiff.first, pointer + 4)]
    if start >= end or any(first < end and last > start for first, last in used):
        return
    if end == len(out):
        del out[start:]
    else:
        out[start:end] = bytes(end - start)
