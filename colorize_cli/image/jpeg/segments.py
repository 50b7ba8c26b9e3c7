"""JPEG segments: the few bytes of the container that carry metadata."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from colorize_cli.image.jpeg.companions import companions, jfif_shape
from colorize_cli.image.jpeg.scans import pack_segment
from colorize_cli.image.metadata.exif import EXIF_PREFIX
from colorize_cli.image.metadata.photoshop import join_resources, split_resources
from colorize_cli.image.metadata.xmp import TooMuchError
from colorize_cli.image.metadata.xmp_extended import PREFIX as EXTENSION_PREFIX
from colorize_cli.image.metadata.xmp_extended import join_xmp, split_xmp, without_extension
from colorize_cli.image.photo import Metadata

XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_ICC_PREFIX, _RESOURCES_PREFIX = b"ICC_PROFILE\0", b"Photoshop 3.0\0"
_APP0, _APP1, _APP2, _APP13, _COM, _SOS, _EOI = 0xE0, 0xE1, 0xE2, 0xED, 0xFE, 0xDA, 0xD9
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))
# A segment's two length bytes count themselves.
_SEGMENT_MOST = 65533
_XMP_MOST = _SEGMENT_MOST - len(XMP_PREFIX)
_ICC_MOST = 255 * (_SEGMENT_MOST - len(_ICC_PREFIX) - 2)
_INCH = 1

Found = tuple[Metadata, tuple[str, ...]]


def jpeg_metadata(data: bytes) -> Found:
    """The blocks of a JPEG up to the first scan, and a warning for each part that had to be left."""
    segments = list(_segments(data))
    exif, warnings = _exif(segments)
    xmp, faults = _xmp(segments)
    iptc, others, broken = _resources(segments)
    icc = _bodies(segments, _APP2, _ICC_PREFIX)
    # Each chunk begins with its number and the count of chunks.
    profile = b"".join(chunk[2:] for chunk in sorted(icc, key=lambda chunk: chunk[:1]))
    dpi = next((_jfif_dpi(body) for body in _bodies(segments, _APP0, b"JFIF\0")), None)
    texts = tuple(("Comment", _comment(body)) for body in _bodies(segments, _COM, b""))
    found = Metadata(exif, profile or None, xmp, dpi, iptc, others, texts)
    shape = next((jfif_shape(body) for body in _bodies(segments, _APP0, b"JFIF\0")), ())
    return found, warnings + faults + broken + shape + companions(data, segments)


def jpeg_with_metadata(pieces: Sequence[bytes], metadata: Metadata) -> list[bytes]:
    """The pieces of a JPEG, the first of which starts with SOI and JFIF, with the blocks put behind them.

    A block too long for its segments is left out (`too_long_blocks` names it), long XMP is shared out.
    """
    first, *rest = pieces
    end = 4 + int.from_bytes(first[4:6], "big")
    jfif = bytearray(first[:end])
    if metadata.dpi:
        struct.pack_into(">BHH", jfif, 13, _INCH, *(_clamp_dpi(d) for d in metadata.dpi))
    segments = [
        *_exif_segment(metadata.exif),
        *_xmp_segments(metadata.xmp or b""),
        *_resource_segments(join_resources(metadata.iptc, metadata.photoshop)),
        *_icc_segments(metadata.icc or b""),
        *(pack_segment(_COM, text[:_SEGMENT_MOST]) for text in map(_comment_bytes, metadata.texts)),
    ]
    return [bytes(jfif), *segments, first[end:], *rest]


def too_long_blocks(metadata: Metadata) -> tuple[str, ...]:
    """What of the metadata is too long for a JPEG, one plain sentence part each."""
    exif, xmp, icc = metadata.exif, metadata.xmp, metadata.icc
    parts = {
        "EXIF block is too long for jpeg and is left out": not exif or _exif_fits(exif),
        "XMP packet is too long for jpeg and is replaced": not xmp or xmp_fits(xmp),
        "colour profile is too long for jpeg and is left out": not icc or _icc_fits(icc),
    }
    return tuple(f"its {part}" for part, fits in parts.items() if not fits)


def xmp_fits(packet: bytes) -> bool:
    """Whether a packet fits one segment with an extension, or can be shared out."""
    try:
        split_xmp(packet, _XMP_MOST)
    except ValueError:
        return False
    return True


def _exif_fits(block: bytes) -> bool:
    """Whether an EXIF block fits its one segment."""
    return len(EXIF_PREFIX) + len(block) <= _SEGMENT_MOST


def _icc_fits(profile: bytes) -> bool:
    """Whether a profile fits the 255 segments that can be numbered."""
    return len(profile) <= _ICC_MOST


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and body of what stands before the first scan; stray bytes are passed over, as libjpeg does."""
    at = data.find(b"\xff", 2)
    while 0 <= at <= len(data) - 4 and (marker := data[at + 1]) not in (_SOS, _EOI):
        if marker in (0x00, 0xFF, *_WITHOUT_LENGTH):
            at = data.find(b"\xff", at + (1 if marker == 0xFF else 2))
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, data[at + 4 : at + 2 + length]
        at = data.find(b"\xff", at + 2 + max(length, 2))


def _bodies(segments: list[tuple[int, bytes]], marker: int, prefix: bytes) -> list[bytes]:
    return [body[len(prefix) :] for m, body in segments if m == marker and body.startswith(prefix)]


def _exif(segments: list[tuple[int, bytes]]) -> tuple[bytes | None, tuple[str, ...]]:
    """The first EXIF block; a segment that does not begin one goes on with the one before it."""
    blocks: list[bytes] = []
    for body in _bodies(segments, _APP1, EXIF_PREFIX):
        if blocks and body[:2] not in (b"II", b"MM"):
            blocks[-1] += body
        else:
            blocks.append(body)
    several = len(set(blocks)) > 1
    warnings = ("has several EXIF blocks; the first is used, the others are left out",) if several else ()
    return blocks[0] if blocks else None, warnings


def _xmp(segments: list[tuple[int, bytes]]) -> tuple[bytes | None, tuple[str, ...]]:
    packet = next(iter(_bodies(segments, _APP1, XMP_PREFIX)), None)
    if packet is None:
        return None, ()
    try:
        return join_xmp(packet, _bodies(segments, _APP1, EXTENSION_PREFIX)), ()
    except TooMuchError as error:
        fault = f"the extension of its XMP packet is left out: {error}"
    except ValueError as error:
        fault = f"the extension of its XMP packet is damaged ({error}) and left out"
    try:
        return without_extension(packet), (fault,)
    except ValueError:
        return packet, ()  # found to be damaged, and named, when all blocks are checked


def _resources(
    segments: list[tuple[int, bytes]],
) -> tuple[bytes | None, bytes | None, tuple[str, ...]]:
    """IPTC data and other image resources, which long ones run through several segments."""
    try:
        return *split_resources(b"".join(_bodies(segments, _APP13, _RESOURCES_PREFIX))), ()
    except ValueError as error:
        return None, None, (f"its IPTC and Photoshop block is damaged ({error}) and left out",)


def _jfif_dpi(body: bytes) -> tuple[float, float] | None:
    """The body behind its name: two bytes of version, the unit, two densities."""
    if len(body) < 7 or body[2] not in (1, 2):
        return None
    across, down = struct.unpack_from(">HH", body, 3)
    scale = 1.0 if body[2] == _INCH else 2.54
    return (across * scale, down * scale) if across and down else None


def _clamp_dpi(dpi: float) -> int:
    return min(65535, max(1, round(dpi)))


def _comment(body: bytes) -> str:
    """Comments come in any encoding, so that bytes which are no UTF-8 are kept aside."""
    return body.rstrip(b"\0").decode("utf-8", "surrogateescape")


def _comment_bytes(text: tuple[str, str]) -> bytes:
    keyword, value = text
    return (value if keyword == "Comment" else f"{keyword}: {value}").encode("utf-8", "surrogateescape")


def _exif_segment(block: bytes | None) -> Iterator[bytes]:
    if block and _exif_fits(block):
        yield pack_segment(_APP1, EXIF_PREFIX + block)


def _xmp_segments(packet: bytes) -> Iterator[bytes]:
    if packet:
        main, chunks = split_xmp(packet, _XMP_MOST)
        yield pack_segment(_APP1, XMP_PREFIX + main)
        yield from (pack_segment(_APP1, EXTENSION_PREFIX + chunk) for chunk in chunks)


def _resource_segments(resources: bytes) -> Iterator[bytes]:
    step = _SEGMENT_MOST - len(_RESOURCES_PREFIX)
    for start in range(0, len(resources), step):
        yield pack_segment(_APP13, _RESOURCES_PREFIX + resources[start : start + step])


def _icc_segments(profile: bytes) -> Iterator[bytes]:
    step = _SEGMENT_MOST - len(_ICC_PREFIX) - 2
    count = -(-len(profile) // step)
    for i in range(count if _icc_fits(profile) else 0):
        head = _ICC_PREFIX + bytes((i + 1, count))
        yield pack_segment(_APP2, head + profile[i * step : (i + 1) * step])
