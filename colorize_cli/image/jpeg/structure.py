"""What kind of JPEG a file is and where it ends: a library says so only while it decodes, or not at all."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from colorize_cli.errors import PhotoError
from colorize_cli.image.jpeg.scans import FRAMES, PROGRESSIVE

EOI = b"\xff\xd9"
_SOS, _JPEG_LS, _MOST_SCANS, _BLOCK = 0xDA, 0xF7, 500, 1 << 20
_LOSSLESS = 0xC3
# Frames whose kind no decoder here reads.
_UNREAD = dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "hierarchical")
_UNREAD |= {0xCB: "lossless arithmetic", _JPEG_LS: "JPEG-LS"}
# What may follow 0xFF without being a marker that has a length: stuffing, fill, restarts, SOI.
_PASSED = np.isin(np.arange(256), [0x00, 0x01, *range(0xD0, 0xD9), 0xFF])
_ALL = (1 << 64) - 1


@dataclass(frozen=True)
class Structure:
    """frame: the marker of its SOF; end: where its end mark stands, None if it is missing.

    whole: every component has all its coefficients, so that nothing but the end mark can be missing.
    """

    frame: int
    precision: int
    height: int
    width: int
    end: int | None
    whole: bool

    @property
    def common(self) -> bool:
        """Whether it is lossy and of 8 bits."""
        return self.precision == 8 and self.frame != _LOSSLESS


def structure_of(data: bytes) -> Structure:
    """ValueError without a frame; PhotoError for kinds that no decoder reads, or would not end."""
    frame, body, end = 0, b"", None
    scans, coded = 0, dict[int, int]()
    for marker, at, segment in _segments(data):
        if marker == EOI[1]:
            end = at
        elif marker in FRAMES or marker == _JPEG_LS:
            frame, body = marker, segment
        elif marker == _SOS:
            scans += 1
            # In a progressive JPEG every scan is a pass over all pixels; encoders use about ten.
            if scans > _MOST_SCANS:
                raise PhotoError(
                    f"a JPEG with more than {_MOST_SCANS} scans; open it in an editor and save it anew"
                )
            _note(coded, segment, frame == PROGRESSIVE)
    if frame in _UNREAD:
        raise PhotoError(f"a {_UNREAD[frame]} JPEG is not supported; save it as PNG or TIFF")
    if len(body) < 6:
        raise ValueError("it has no frame")
    precision, height, width, count = struct.unpack_from(">BHHB", body)
    names = body[6 : 6 + 3 * count : 3]
    whole = bool(names) and all(coded.get(name) == _ALL for name in names)
    return Structure(frame, precision, height, width, end, whole)


def _note(coded: dict[int, int], header: bytes, progressive: bool) -> None:
    """Which coefficients of its components a scan brings to full accuracy, as bits."""
    if not header or len(header) < 4 + 2 * header[0]:
        return
    names = header[1 : 1 + 2 * header[0] : 2]
    first, last, accuracy = header[1 + 2 * header[0] : 4 + 2 * header[0]]
    bits = (1 << last + 1) - (1 << first) if progressive else _ALL
    if progressive and (accuracy & 15 or not first <= last < 64):
        bits = 0
    for name in names:
        coded[name] = coded.get(name, 0) | bits


def _segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Marker, place and body of each segment up to the end mark, stray bytes passed over as by libjpeg."""
    at = _marker(data, 2)
    while at is not None:
        marker = data[at + 1]
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == EOI[1]:
            yield marker, at, b""
            return
        yield marker, at, data[at + 4 : at + 2 + length]
        at = _marker(data, at + 2 + max(length, 2))


def _marker(data: bytes, at: int) -> int | None:
    """Where the next marker stands; in blocks, for a long file may end early."""
    if data[at : at + 1] == b"\xff" and at + 1 < len(data) and not _PASSED[data[at + 1]]:
        return at
    for start in range(at, len(data) - 1, _BLOCK):
        piece = np.frombuffer(data, np.uint8, min(_BLOCK + 1, len(data) - start), start)
        marks = np.flatnonzero(piece[:-1] == 0xFF)
        marks = marks[~_PASSED[piece[marks + 1]]]
        if len(marks):
            return start + int(marks[0])
    return None
