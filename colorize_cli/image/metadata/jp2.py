"""The boxes of a JPEG 2000 file that describe its picture: Pillow and OpenCV give none of them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from colorize_cli.image.metadata.exif import EXIF_PREFIX, clean_dpi
from colorize_cli.image.photo import Metadata

_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_XMP = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
_EXIF = b"JpgTiffExif->JP2"
_OLD_EXIF = bytes.fromhex("0537CDAB9D0C4431A72AFA561F2A113E")
_IPTC = bytes.fromhex("33C7A4D2B81D4723A0BAF1A3E097AD38")
_OLD_IPTC = bytes.fromhex("09A14E97C0B442E0BEBF36DF6F0CE36F")
_GEO = bytes.fromhex("B14BF8BD083D4B43A5AE8CD7D5A6CE03")
_PROFILES = (2, 3)  # restricted, and of any kind
_INCH = 0.0254


def jp2_metadata(data: bytes) -> tuple[Metadata, tuple[str, ...]]:
    """The blocks of a JP2 file, and a warning for what cannot travel; nothing for a bare codestream."""
    if not data.startswith(_SIGNATURE):
        return Metadata(), ()
    boxes = list(_boxes(data))
    uuids: dict[bytes, bytes] = {}
    for name, body in boxes:
        if name == b"uuid":
            uuids.setdefault(body[:16], body[16:])
    header = [inner for name, body in boxes if name == b"jp2h" for inner in _boxes(body)]
    exif = uuids.get(_EXIF) or uuids.get(_OLD_EXIF) or b""
    iptc = uuids.get(_IPTC) or uuids.get(_OLD_IPTC)
    found = Metadata(
        exif.removeprefix(EXIF_PREFIX) or None,
        _profile(header),
        uuids.get(_XMP) or None,
        _dpi(header),
        iptc or None,
    )
    lost = {
        "place on a map (GeoJP2)": _GEO in uuids,
        "XML boxes": any(name == b"xml " for name, _ in boxes),
    }
    warnings = tuple(f"its {what} have no place in a picture and are left out" for what in lost if lost[what])
    return found, warnings


def _profile(header: list[tuple[bytes, bytes]]) -> bytes | None:
    bodies = [body for name, body in header if name == b"colr"]
    return next((body[3:] for body in bodies if body[:1] and body[0] in _PROFILES), None)


def _dpi(header: list[tuple[bytes, bytes]]) -> tuple[float, float] | None:
    """Of capture before that of display: down and across, in dots per metre, each a fraction and a power."""
    inner = dict(box for name, body in header if name == b"res " for box in _boxes(body))
    body = inner.get(b"resc") or inner.get(b"resd") or b""
    if len(body) < 10:
        return None
    vn, vd, hn, hd, ve, he = struct.unpack_from(">4H2b", body)
    if not (vn and vd and hn and hd):
        return None
    return clean_dpi((hn / hd * 10.0**he * _INCH, vn / vd * 10.0**ve * _INCH))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each box; what is cut short ends them."""
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1 and at + 16 <= len(data):
            length, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif length == 0:
            length = len(data) - at
        if length < head or at + length > len(data):
            return
        yield name, b"" if name == b"jp2c" else data[at + head : at + length]
        at += length
