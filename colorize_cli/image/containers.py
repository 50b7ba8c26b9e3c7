"""JPEG segments and PNG chunks: the few bytes of both containers that carry metadata."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from colorize_cli.errors import PhotoError
from colorize_cli.image.metadata import EXIF_PREFIX
from colorize_cli.image.photo import Metadata

XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_ICC_PREFIX = b"ICC_PROFILE\0"
# Start of frame in all its kinds; C4, C8 and CC are other things.
_FRAMES = tuple(0xC0 + i for i in range(16) if i not in (4, 8, 12))
_LOSSLESS_FRAME, _MOST_SCANS = 0xC3, 500
_APP0, _APP1, _APP2, _SOS, _EOI = 0xE0, 0xE1, 0xE2, 0xDA, 0xD9
# A segment's two length bytes count themselves.
_SEGMENT_MOST = 65533
JPEG_XMP_MOST = _SEGMENT_MOST - len(XMP_PREFIX)
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INCH, _METRE_PER_INCH = 1, 0.0254


def jpeg_metadata(data: bytes) -> Metadata:
    """The blocks of a JPEG as they stand, up to the first scan or the first thing out of order."""
    exif = xmp = dpi = None
    icc: list[bytes] = []
    for marker, body in _segments(data):
        if marker == _APP0 and body[:5] == b"JFIF\0":
            dpi = _jfif_dpi(body)
        elif marker == _APP1 and body.startswith(EXIF_PREFIX):
            exif = exif or body[len(EXIF_PREFIX) :]
        elif marker == _APP1 and body.startswith(XMP_PREFIX):
            xmp = xmp or body[len(XMP_PREFIX) :]
        elif marker == _APP2 and body.startswith(_ICC_PREFIX):
            icc.append(body[len(_ICC_PREFIX) :])
    # Each chunk begins with its number and the count of chunks.
    profile = b"".join(chunk[2:] for chunk in sorted(icc, key=lambda chunk: chunk[:1]))
    return Metadata(exif, profile or None, xmp, dpi)


def check_jpeg(data: bytes) -> None:
    """PhotoError for kinds of JPEG that cannot be decoded, or would be wrongly, or without end."""
    frame, precision = next(
        ((m, body[0]) for m, body in _segments(data) if m in _FRAMES and body), (_FRAMES[0], 8)
    )
    if precision != 8:
        raise PhotoError(f"a JPEG with {precision} bits per sample is not supported; save it as 16-bit TIFF")
    if frame == _LOSSLESS_FRAME:
        raise PhotoError("a lossless JPEG is not supported; save it as PNG or TIFF")
    # In a progressive JPEG every scan is a pass over all pixels; encoders use about ten.
    if data.count(b"\xff\xda") > _MOST_SCANS:
        raise PhotoError(f"a JPEG with more than {_MOST_SCANS} scans; open it in an editor and save it anew")


def jpeg_with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """A JPEG that starts with SOI and JFIF, with the blocks put behind them.

    A block too long for one segment is left out (`writing.losses` names it), ICC is split.
    """
    end = 4 + int.from_bytes(data[4:6], "big")
    jfif = bytearray(data[:end])
    if metadata.dpi:
        struct.pack_into(">BHH", jfif, 13, _INCH, *(_clamp_dpi(d) for d in metadata.dpi))
    blocks = [(_APP1, EXIF_PREFIX, metadata.exif), (_APP1, XMP_PREFIX, metadata.xmp)]
    segments = [_segment(m, prefix + b) for m, prefix, b in blocks if b and fits(prefix, b)]
    return b"".join([bytes(jfif), *segments, *_icc_segments(metadata.icc or b""), data[end:]])


def fits(prefix: bytes, block: bytes) -> bool:
    """Whether a block fits one JPEG segment behind its prefix."""
    return len(prefix) + len(block) <= _SEGMENT_MOST


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
        # Keyword, no compression, no language, no translated keyword.
        yield png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp)


def check_png(data: bytes) -> None:
    """ValueError unless every chunk up to the end mark is whole and matches its checksum."""
    at = len(_PNG_SIGNATURE)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        name, body = data[at + 4 : at + 8], data[at + 4 : at + 8 + length]
        if data[at + 8 + length : at + 12 + length] != zlib.crc32(body).to_bytes(4, "big"):
            raise ValueError("a chunk does not match its checksum")
        if name == b"IEND":
            return
        at += 12 + length
    raise ValueError("the end is missing")


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (_SOS, _EOI):
        if data[at + 1] == 0xFF:
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield data[at + 1], data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def _jfif_dpi(body: bytes) -> tuple[float, float] | None:
    if len(body) < 12 or body[7] not in (1, 2):
        return None
    across, down = struct.unpack_from(">HH", body, 8)
    scale = 1.0 if body[7] == _INCH else 2.54
    return (across * scale, down * scale) if across and down else None


def _clamp_dpi(dpi: float) -> int:
    return min(65535, max(1, round(dpi)))


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _icc_segments(profile: bytes) -> Iterator[bytes]:
    step = _SEGMENT_MOST - len(_ICC_PREFIX) - 2
    count = -(-len(profile) // step)
    # Chunks are numbered in one byte; no real profile comes near.
    for i in range(count if count < 256 else 0):
        head = _ICC_PREFIX + bytes((i + 1, count))
        yield _segment(_APP2, head + profile[i * step : (i + 1) * step])


def png_chunk(name: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return b"".join([struct.pack(">I", len(body)), name, body, struct.pack(">I", zlib.crc32(name + body))])
