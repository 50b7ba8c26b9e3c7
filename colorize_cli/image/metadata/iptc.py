"""IPTC-IIM: the caption data of press and archive, and the XMP properties that say the same."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from colorize_cli.image.metadata.xmp import DC, IPTC_CORE, PHOTOSHOP, Property

_MARKER = 0x1C
IPTC_MARKER = bytes((_MARKER,))  # what a block begins with
_CHARSET, _UTF8 = (1, 90), b"\x1b%G"

# Datasets of record 2 and their properties, by the IPTC Photo Metadata Standard.
_PROPERTIES = {
    5: (f"{{{DC}}}title", "Alt"),
    10: (f"{{{PHOTOSHOP}}}Urgency", ""),
    15: (f"{{{PHOTOSHOP}}}Category", ""),
    20: (f"{{{PHOTOSHOP}}}SupplementalCategories", "Bag"),
    25: (f"{{{DC}}}subject", "Bag"),
    40: (f"{{{PHOTOSHOP}}}Instructions", ""),
    55: (f"{{{PHOTOSHOP}}}DateCreated", ""),
    80: (f"{{{DC}}}creator", "Seq"),
    85: (f"{{{PHOTOSHOP}}}AuthorsPosition", ""),
    90: (f"{{{PHOTOSHOP}}}City", ""),
    92: (f"{{{IPTC_CORE}}}Location", ""),
    95: (f"{{{PHOTOSHOP}}}State", ""),
    100: (f"{{{IPTC_CORE}}}CountryCode", ""),
    101: (f"{{{PHOTOSHOP}}}Country", ""),
    103: (f"{{{PHOTOSHOP}}}TransmissionReference", ""),
    105: (f"{{{PHOTOSHOP}}}Headline", ""),
    110: (f"{{{PHOTOSHOP}}}Credit", ""),
    115: (f"{{{PHOTOSHOP}}}Source", ""),
    116: (f"{{{DC}}}rights", "Alt"),
    120: (f"{{{DC}}}description", "Alt"),
    122: (f"{{{PHOTOSHOP}}}CaptionWriter", ""),
}
_DATE, _TIME, _VERSION = 55, 60, 0


def check_iptc(block: bytes) -> None:
    """ValueError unless the block is a row of whole datasets."""
    for _ in _datasets(block):
        pass


def unpadded_iptc(words: bytes) -> bytes:
    """The block in a TIFF, where it fills words of four bytes, which old writers turned as numbers."""
    if words[:1] != IPTC_MARKER and words[3:4] == IPTC_MARKER:
        words = b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4))
    return words[: max((end for *_, end in _datasets(words)), default=0)]


def iptc_properties(block: bytes) -> tuple[Property, ...]:
    """What the block says, as XMP properties; ValueError if it is damaged."""
    found = _text_fields(block)
    if _DATE in found:
        found[_DATE] = [_date(found[_DATE][0], *found.get(_TIME, [])[:1])]
    return tuple(
        Property(name, container, tuple(found[number]) if container else (found[number][0],))
        for number, (name, container) in _PROPERTIES.items()
        if number in found
    )


def fields_without_property(block: bytes) -> tuple[int, ...]:
    """Datasets of record 2 that no XMP property is known for."""
    known = {*_PROPERTIES, _TIME, _VERSION}
    return tuple(sorted({n for record, n, *_ in _datasets(block) if record == 2 and n not in known}))


def _text_fields(block: bytes) -> dict[int, list[str]]:
    parts = list(_datasets(block))
    utf8 = any((r, n) == _CHARSET and data == _UTF8 for r, n, data, _ in parts)
    found: dict[int, list[str]] = {}
    for record, number, data, _ in parts:
        if record == 2 and data.strip(b"\0 "):
            found.setdefault(number, []).append(_text(data, utf8).strip("\0 "))
    return found


def _text(data: bytes, utf8: bool) -> str:
    """Most blocks do not say their encoding; what is no UTF-8 was written on Windows or in Latin-1."""
    try:
        return data.decode("utf-8")
    except ValueError:
        return data.decode("utf-8" if utf8 else "cp1252", "replace")


def _date(day: str, time: str = "") -> str:
    """CCYYMMDD and HHMMSS±HHMM -> the form of XMP; unknown parts are zeros in IPTC and left out here."""
    if not (len(day) == 8 and day.isdigit()):
        return day
    parts = [part for part in (day[:4], day[4:6], day[6:]) if int(part)]
    if len(parts) < 3 or len(time) < 6 or not time[:6].isdigit():
        return "-".join(parts)
    zone = f"{time[6:9]}:{time[9:11]}" if len(time) >= 11 else ""
    return f"{'-'.join(parts)}T{time[:2]}:{time[2:4]}:{time[4:6]}{zone}"


def _datasets(block: bytes) -> Iterator[tuple[int, int, bytes, int]]:
    """Record, number, data and end of each dataset; zeros may follow the last."""
    at = 0
    while at + 5 <= len(block) and block[at] == _MARKER:
        record, number, length = struct.unpack_from(">BBH", block, at + 1)
        at += 5
        if length & 0x8000:  # the length of the length
            size = length & 0x7FFF
            if size > 8:
                raise ValueError("a dataset has no length")
            length = int.from_bytes(block[at : at + size], "big")
            at += size
        if at + length > len(block):
            raise ValueError("a dataset is cut short")
        yield record, number, block[at : at + length], at + length
        at += length
    if block[at:].strip(b"\0"):
        raise ValueError("a dataset has no marker")
