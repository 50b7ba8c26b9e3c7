"""EXIF: read, and made upright in place because maker notes hold absolute offsets."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable
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
from colorize_cli.image.metadata.subject import turned_subject

ORIENTATION = 0x0112
EXIF_PREFIX = b"Exif\0\0"
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
_WIDTHS, _HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)
_SUBJECTS, _MOST_SUBJECT = (0x9214, 0xA214), 4
_THUMBNAIL_START, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_BITS, _PHOTOMETRIC, _SAMPLES = 0x0102, 0x0106, 0x0115
_DESCRIPTION, _SHAPE = (
    0x010E,
    re.compile(rb'\s*(\{"shape": \[[\d, ]*\](, "axes": "\w+")?\}|shape=\([\d, ]*\))\s*\0*'),
)
_BLACK_IS_ZERO, _RGB = 1, 2
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


def upright_exif(block: bytes, width: int, height: int, applied: int = 1) -> bytes:
    """The block with orientation 1, the upright pixel size and no thumbnail, else byte for byte.

    applied: the orientation of the picture as it was stored. From 5 on width and height changed places, and
    so do the resolutions. Damaged tags are taken out of their
    tables (`damaged_tags`); ValueError if nothing can be read of it.
    """
    tiff, out = Tiff(block), bytearray(block)
    walk = _Walk(tiff)
    entries = walk.entries
    for entry in entries:
        if entry.tag == ORIENTATION:
            _put(out, tiff.order, entry, 1)
        elif entry.tag in _WIDTHS + _HEIGHTS:
            _put(out, tiff.order, entry, width if entry.tag in _WIDTHS else height)
        elif entry.tag in _SUBJECTS and entry.kind == SHORT and entry.count <= _MOST_SUBJECT:
            numbers = struct.unpack_from(f"{tiff.order}{entry.count}H", block, entry.start)
            turned = turned_subject(numbers, applied, width, height)
            struct.pack_into(f"{tiff.order}{entry.count}H", out, entry.start, *turned)
    if applied >= 5:
        _swap_resolutions(out, entries)
    _drop_thumbnail(tiff, out, entries)
    for ifd, tags in walk.damaged.items():
        _drop_entries(tiff, out, ifd, tags)
    return bytes(out)


def damaged_tags(block: bytes) -> tuple[int, ...]:
    """Tags of a block that cannot be read."""
    return tuple(e.tag for entries in _Walk(Tiff(block)).damaged.values() for e in entries)


def tag_warnings(block: str, tags: Iterable[int]) -> tuple[str, ...]:
    """The warning for damaged tags of a block, if there are any."""
    numbers = [f"0x{tag:04x}" for tag in dict.fromkeys(tags)]
    if not numbers:
        return ()
    said = f"tag {numbers[0]} is" if len(numbers) == 1 else f"tags {', '.join(numbers)} are"
    return (f"its {block} {said} damaged and left out",)


def restated_exif(block: bytes, samples: int, most_bits: int) -> bytes:
    """The block with what it says of its pixels made true of a picture with `samples` planes."""
    tiff = Tiff(block)
    first = {e.tag: e for e in tiff.sound(tiff.first)}
    stale = _DESCRIPTION if _DESCRIPTION in first and _is_shape(tiff.field(first[_DESCRIPTION])) else None
    found = {tag: e for tag, e in first.items() if tag in (_BITS, _SAMPLES, _PHOTOMETRIC)}
    depth = 16 if _BITS in found and most_bits == 16 and _first(tiff, found[_BITS]) > 8 else 8
    right = {
        _BITS: [depth] * samples,
        _SAMPLES: [samples],
        _PHOTOMETRIC: [_RGB if samples == 3 else _BLACK_IS_ZERO],
    }
    fields = {tag: _shorts(tiff.order, right[tag]) for tag in found}
    if stale is None and all(tiff.field(entry) == fields[tag] for tag, entry in found.items()):
        return block
    return _with_first(block, lambda _: dict(fields), drop=stale)


def _is_shape(description: Field) -> bool:
    """Whether a description only says, in tifffile's way, what array the scan's pixels were."""
    return _SHAPE.fullmatch(description.data) is not None


def _first(tiff: Tiff, entry: Entry) -> int:
    return tiff.read("H", entry.start) if entry.kind == SHORT and entry.count else 0


def _shorts(order: str, values: list[int]) -> Field:
    return Field(SHORT, len(values), struct.pack(f"{order}{len(values)}H", *values))


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


def oblong_pixels(across: float, down: float) -> tuple[str, ...]:
    """A warning for densities without a unit that say that pixels are not square: no output can say that."""
    if across == down or min(across, down) <= 0:
        return ()
    return (f"its pixels are not square ({across:g} to {down:g} a length); the picture's count as square",)


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
    fields: Directory = {e.tag: tiff.field(e) for e in tiff.sound(tiff.first) if e.tag != drop}
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


class _Walk:
    """The entries of the first directory and of those below it, and by directory those that are damaged."""

    def __init__(self, tiff: Tiff) -> None:
        if tiff.wide:
            raise ValueError("no TIFF header")
        self.entries: list[Entry] = []
        self.damaged: dict[int, list[Entry]] = {}
        self._tiff, self._seen = tiff, set[int]()
        self._directory(tiff.first)

    def _directory(self, ifd: int) -> None:
        """ValueError where the table itself does not lie inside, or was read before."""
        if ifd in self._seen or len(self._seen) == _MOST_DIRECTORIES:
            raise ValueError("its directories go round in a circle")
        self._seen.add(ifd)
        for entry in list(self._tiff.entries(ifd)):
            try:
                self._tiff.check(entry)
                child = self._tiff.number(entry) if entry.tag in (EXIF_IFD, GPS_IFD, INTEROP_IFD) else None
                if child is not None:
                    self._directory(child)
            except ValueError:
                self.damaged.setdefault(ifd, []).append(entry)
            else:
                self.entries.append(entry)


def _drop_entries(tiff: Tiff, out: bytearray, ifd: int, damaged: list[Entry]) -> None:
    """Take entries out of a table where it stands; no value changes its place."""
    end, places = tiff.next_pointer(ifd), {entry.at for entry in damaged}
    rows = [at for at in range(ifd + 2, end, 12) if at not in places]
    kept = b"".join(bytes(out[at : at + 12]) for at in rows) + bytes(out[end : end + 4])
    out[ifd : end + 4] = (struct.pack(tiff.order + "H", len(rows)) + kept).ljust(end + 4 - ifd, b"\0")


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
    if pointer + 4 > len(out) or not (second := tiff.read("I", pointer)):
        return
    struct.pack_into(tiff.order + "I", out, pointer, 0)
    try:
        numbers = {entry.tag: tiff.number(entry) or 0 for entry in tiff.entries(second)}
    except ValueError:
        return
    start = numbers.get(_THUMBNAIL_START, 0)
    end = min(start + numbers.get(_THUMBNAIL_LENGTH, 0), len(out))
    # With the count before a directory's first entry and the pointer behind its last one.
    used = [(e.at - 2, e.at + 16) for e in entries] + [(e.start, e.end) for e in entries]
    used += [(0, 8), (tiff.first, pointer + 4)]
    if start >= end or any(first < end and last > start for first, last in used):
        return
    if end == len(out):
        del out[start:]
    else:
        out[start:end] = bytes(end - start)
