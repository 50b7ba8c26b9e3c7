"""PNG chunks: those that carry metadata, read and written, and those that must be whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.metadata.exif import EXIF_PREFIX
from colorize_cli.image.metadata.photoshop import join_resources, split_resources
from colorize_cli.image.photo import Metadata
from colorize_cli.image.png.texts import (
    RAW,
    TEXTS,
    XMP_KEYWORD,
    TooLongError,
    inflate,
    pack_raw,
    pack_text,
    unpack_raw,
    unpack_text,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_METRE_PER_INCH = 0.0254
_NAMES = {b"iCCP": "colour profile", b"eXIf": "EXIF block", b"pHYs": "resolution", b"gAMA": "gamma"}
# What a decoder of pixels needs no sight of; damaged, it would cost the photo.
_UNSEEN = (*TEXTS, b"iCCP", b"eXIf", b"tIME")
# What other chunks are about that a decoder would refuse the photo for, if their checksum is wrong.
_ABOUT = {
    b"bKGD": "background colour",
    b"cHRM": "white point",
    b"cICP": "colour space",
    b"cLLI": "light level",
    b"sBIT": "number of significant bits",
    b"sRGB": "colour space",
    b"tRNS": "transparency",
}
_OPTIONAL = 0x20  # in a name's first byte
# All blocks together may grow to this; the longest real ones, edit histories in XMP, reach tens of MB.
_MOST_INFLATED = 64 << 20
# The program and ImageMagick's copies of file times.
_PASSING = ("date:", "Software")
# What writers say who mean sRGB; 1/2.2 rounded.
_USUAL_GAMMA = (0.43, 0.48)


@dataclass
class _Blocks:
    """What the chunks hold: blocks by chunk name, those in texts by kind, and plain texts."""

    chunks: dict[bytes, bytes] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)
    texts: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    room: int = _MOST_INFLATED


def png_metadata(data: bytes) -> tuple[Metadata, tuple[str, ...]]:
    """The blocks of a PNG, wherever they stand, and a warning for each that is damaged."""
    found = _Blocks()
    for name, body, whole in _chunks(data):
        if name not in (*_NAMES, *TEXTS, b"sRGB") and (whole or not name[0] & _OPTIONAL):
            continue
        try:
            if not whole:
                raise ValueError("its checksum is wrong")
            _take(found, name, body)
        except TooLongError:
            found.warnings.append(f"its {_said(name, body)} is longer than can be carried, and left out")
        except ValueError as error:
            found.warnings.append(f"its {_said(name, body)} is damaged ({error}) and left out")
    return _metadata(found), tuple(found.warnings)


def bare_png(data: bytes, dropped: Container[bytes] = ()) -> bytes:
    """The file without those named, those that no decoder of pixels needs, and damaged optional ones."""
    out, at = [], 0
    for name, start, end in _places(data):
        if name in _UNSEEN or name in dropped or (name[0] & _OPTIONAL and not _whole(data, start, end)):
            out.append(data[at:start])
            at = end
    return b"".join([*out, data[at:]]) if out else data


def png_metadata_chunks(metadata: Metadata) -> Iterator[bytes]:
    """The blocks as chunks, to stand between a PNG's header and its pixels."""
    if metadata.icc:
        yield png_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc))
    if metadata.dpi:
        per_metre = (round(dpi / _METRE_PER_INCH) for dpi in metadata.dpi)
        yield png_chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1))
    if metadata.exif:
        yield png_chunk(b"eXIf", metadata.exif)
    if metadata.xmp:
        yield png_chunk(b"iTXt", pack_text(XMP_KEYWORD, metadata.xmp.decode("utf-8", "replace")))
    if resources := join_resources(metadata.iptc, metadata.photoshop):
        yield png_chunk(b"zTXt", pack_raw("iptc", resources))
    yield from (png_chunk(b"iTXt", pack_text(*text)) for text in metadata.texts)


def png_chunk(name: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return b"".join([struct.pack(">I", len(body)), name, body, struct.pack(">I", zlib.crc32(name + body))])


def check_png(data: bytes) -> None:
    """ValueError unless every chunk up to the end mark is whole and matches its checksum."""
    for name, _, whole in _chunks(data):
        if not whole:
            raise ValueError("a chunk does not match its checksum")
        if name == b"IEND":
            return
    raise ValueError("the end is missing")


def _take(found: _Blocks, name: bytes, body: bytes) -> None:
    if name == b"iCCP":
        found.chunks.setdefault(name, inflate(body.partition(b"\0")[2][1:], found.room))
        found.room = max(0, found.room - len(found.chunks[name]))
    elif name not in TEXTS:
        found.chunks.setdefault(name, body)
    else:
        keyword, text = unpack_text(name, body, found.room)
        found.room = max(0, found.room - len(text))
        if keyword == XMP_KEYWORD:
            found.raw.setdefault("xmp", text)
        elif keyword.startswith(RAW):
            found.raw.setdefault(keyword.removeprefix(RAW).lower(), unpack_raw(text))
        elif not keyword.startswith(_PASSING):
            found.texts.append((keyword, text.decode("utf-8", "replace")))


def _metadata(found: _Blocks) -> Metadata:
    chunks, raw = found.chunks, found.raw
    exif = chunks.get(b"eXIf") or raw.get("exif") or raw.get("app1")
    icc = chunks.get(b"iCCP") or raw.get("icc") or raw.get("icm")
    if icc is None and b"sRGB" not in chunks:
        icc = _gamma(chunks.get(b"gAMA", b""))
    iptc = others = None
    try:
        iptc, others = split_resources(raw.get("iptc", b""))
    except ValueError as error:
        found.warnings.append(f"its IPTC text is damaged ({error}) and left out")
    return Metadata(
        exif.removeprefix(EXIF_PREFIX) if exif else None,
        icc,
        raw.get("xmp"),
        _dpi(chunks.get(b"pHYs", b"")),
        iptc,
        others,
        tuple(found.texts),
    )


def _gamma(body: bytes) -> bytes | None:
    """A profile that says what an unusual gamma chunk says, as other formats have no such thing."""
    gamma = int.from_bytes(body, "big") / 100_000
    if not 0.1 <= gamma <= 1.0 or _USUAL_GAMMA[0] < gamma < _USUAL_GAMMA[1]:
        return None
    return gamma_profile(1 / gamma)


def _dpi(body: bytes) -> tuple[float, float] | None:
    if len(body) != 9 or body[8] != 1:
        return None
    across, down = (value * _METRE_PER_INCH for value in struct.unpack_from(">II", body))
    return across, down


def _said(name: bytes, body: bytes) -> str:
    """What a person calls the block in a chunk."""
    if name in _NAMES:
        return _NAMES[name]
    if name not in TEXTS:
        return _ABOUT.get(name, f"chunk {name.decode('latin-1')}")
    if XMP_KEYWORD.encode() in body[:80]:
        return "XMP packet"
    keyword = body.partition(b"\0")[0][:79].decode("latin-1")
    return f"text {keyword!r}"


def _places(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, beginning and end of each chunk that is there whole."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        yield data[at + 4 : at + 8], at, end
        at = end


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Name, body and whether the checksum is right."""
    for name, at, end in _places(data):
        yield name, data[at + 8 : end - 4], _whole(data, at, end)


def _whole(data: bytes, at: int, end: int) -> bool:
    return zlib.crc32(memoryview(data)[at + 4 : end - 4]) == int.from_bytes(data[end - 4 : end], "big")
