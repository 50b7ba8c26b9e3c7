"""JPEG files as tables and scans, taken apart and put together without touching an entropy-coded byte."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_DHT, _SOS, _DQT, _DRI = 0xC4, 0xDA, 0xDB, 0xDD
_BASELINE, _EXTENDED, PROGRESSIVE = 0xC0, 0xC1, 0xC2
# Start of frame in all its kinds.
FRAMES = {*range(0xC0, 0xD0)} - {_DHT, 0xC8, 0xCC}
_HUFFMAN = (_BASELINE, _EXTENDED, PROGRESSIVE)
# In entropy-coded data 0xFF is followed by a zero, a restart mark or another one; anything else ends it.
_GOES_ON = np.isin(np.arange(256), [0x00, *range(0xD0, 0xD8), 0xFF])
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_NO_RESTARTS = b"\xff\xdd\x00\x04\x00\x00"


@dataclass(frozen=True)
class Part:
    """A table segment, or a scan with its header; `data` starts with the marker."""

    marker: int
    data: bytes
    components: tuple[int, ...] = ()  # of a scan: their identifiers


@dataclass(frozen=True)
class Jpeg:
    """What decides on the pixels of a JPEG: metadata is not kept.

    frame: the marker of its SOF; components: (identifier, horizontal, vertical sampling) each;
    quantisation: 64 or 128 bytes of each component's table, as DQT has them; parts: the Huffman
    tables, restart intervals and scans in their order.
    """

    frame: int
    height: int
    width: int
    components: tuple[tuple[int, int, int], ...]
    quantisation: tuple[bytes, ...]
    parts: tuple[Part, ...]


def parse(data: bytes) -> Jpeg:
    """ValueError for what is not a whole Huffman-coded JPEG of 8 bits."""
    tables: dict[int, bytes] = {}
    parts: list[Part] = []
    frame, body = 0, b""
    for marker, segment in _segments(data):
        if marker == _DQT:
            tables |= _quantisation_tables(segment[4:])
        elif marker in FRAMES:
            frame, body = marker, segment[4:]
        elif marker in (_DHT, _DRI):
            parts.append(Part(marker, segment))
        elif marker == _SOS:
            parts.append(Part(marker, segment, tuple(segment[5 : 5 + 2 * segment[4] : 2])))
    if frame not in _HUFFMAN or body[0] != 8:
        raise ValueError("not a Huffman-coded JPEG of 8 bits")
    height, width, count = struct.unpack_from(">HHB", body, 1)
    fields = [body[6 + 3 * i : 9 + 3 * i] for i in range(count)]
    components = tuple((field[0], field[1] >> 4, field[1] & 15) for field in fields)
    return Jpeg(frame, height, width, components, tuple(tables[f[2]] for f in fields), tuple(parts))


def is_separable(jpeg: Jpeg) -> bool:
    """Whether the first component's scans hold nothing else, so that they can be taken out."""
    return all(len(part.components) == 1 for part in jpeg.parts if part.marker == _SOS)


def first_component(jpeg: Jpeg) -> Jpeg:
    """The grey JPEG of a separable one's first component."""
    name = jpeg.components[0][0]
    mine = [i for i, part in enumerate(jpeg.parts) if part.components == (name,)]
    # Tables hold until they are replaced, so those before another component's scan may be in use.
    parts = [p for p in jpeg.parts[: mine[-1] + 1] if p.components in ((), (name,))]
    return replace(jpeg, components=((name, 1, 1),), quantisation=jpeg.quantisation[:1], parts=tuple(parts))


def combined(luma: Jpeg, chroma: Iterable[Jpeg], step: int) -> Jpeg:
    """A colour JPEG of three grey ones, the chroma 1/step as high and wide.

    Each component has its own scans, which every decoder of progressive JPEG knows how to read. All
    three are progressive or none is.
    """
    planes = (luma, *chroma)
    sampling = [(step, step), (1, 1), (1, 1)]
    components = tuple((i + 1, h, v) for i, (h, v) in enumerate(sampling))
    scans: list[Part] = []
    for i, plane in enumerate(planes):
        if i:
            scans.append(Part(_DRI, _NO_RESTARTS))
        scans += [_renamed(part, i + 1) for part in plane.parts]
    tables = tuple(plane.quantisation[0] for plane in planes)
    return replace(luma, components=components, quantisation=tables, parts=tuple(scans))


def serialise(jpeg: Jpeg) -> list[bytes]:
    """The file with a JFIF header and no metadata, in pieces, the first SOI and JFIF."""
    slots = list(dict.fromkeys(jpeg.quantisation))
    tables = [pack_segment(_DQT, bytes([(len(t) // 128) << 4 | i]) + t) for i, t in enumerate(slots)]
    frame = struct.pack(">BHHB", 8, jpeg.height, jpeg.width, len(jpeg.components))
    for (name, h, v), table in zip(jpeg.components, jpeg.quantisation, strict=True):
        frame += bytes([name, h << 4 | v, slots.index(table)])
    parts = [part.data for part in jpeg.parts]
    return [_SOI + _JFIF, *tables, pack_segment(jpeg.frame, frame), *parts, _EOI]


def renamed(jpeg: Jpeg, names: Sequence[int]) -> Jpeg:
    """The same with other identifiers for its components, all of which its one scan holds."""
    components = tuple((name, h, v) for name, (_, h, v) in zip(names, jpeg.components, strict=True))
    parts = []
    for part in jpeg.parts:
        coded = bytearray(part.data)
        if part.marker == _SOS:
            coded[5 : 5 + 2 * len(names) : 2] = bytes(names)
            part = Part(_SOS, bytes(coded), tuple(names))
        parts.append(part)
    return replace(jpeg, components=components, parts=tuple(parts))


def _renamed(part: Part, name: int) -> Part:
    """A single-component scan given to another component; tables as they are."""
    if part.marker != _SOS or part.components == (name,):
        return part
    return Part(_SOS, part.data[:5] + bytes([name]) + part.data[6:], (name,))


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, segment with its marker) up to the end; a scan's goes on to its last coded byte."""
    at, ends = 2, _ends_of_scans(data)
    while True:
        while data[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        # Only the end mark may be missing.
        if data[at : at + 2] == _EOI or at == len(data):
            return
        if at + 4 > len(data) or data[at] != 0xFF:
            raise ValueError("its segments are out of order")
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SOS:
            following = ends[np.searchsorted(ends, end) :]
            end = int(following[0]) if len(following) else len(data)
        yield marker, data[at:end]
        at = end


def _ends_of_scans(data: bytes) -> NDArray[np.intp]:
    """Where coded bytes would end: each 0xFF before a marker, the first of several."""
    coded = np.frombuffer(data, np.uint8)
    marks = np.flatnonzero(coded[:-1] == 0xFF)
    ends: NDArray[np.intp] = marks[~_GOES_ON[coded[marks + 1]]]
    while len(filled := np.flatnonzero((ends > 0) & (coded[ends - 1] == 0xFF))):
        ends[filled] -= 1
    return ends


def _quantisation_tables(body: bytes) -> dict[int, bytes]:
    tables = {}
    while body:
        size = 128 if body[0] >> 4 else 64
        tables[body[0] & 15] = body[1 : 1 + size]
        body = body[1 + size :]
    return tables


def pack_segment(marker: int, body: bytes) -> bytes:
    """A segment with its marker and length."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
