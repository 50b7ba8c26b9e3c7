"""What stands in a JPEG file beside the photo and cannot travel: named, so that nobody misses it later."""

from __future__ import annotations

from collections.abc import Iterable

from colorize_cli.image.metadata.exif import oblong_pixels

_APP0, _APP15 = 0xE0, 0xEF
# Segments that are carried, or that only say how the file is coded; of JFXX a thumbnail of the grey scan.
_KNOWN = {
    0xE0: (b"JFIF\0", b"JFXX\0"),
    0xE1: (b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"),
    0xE2: (b"ICC_PROFILE\0",),
    0xED: (b"Photoshop 3.0\0",),
    0xEE: (b"Adobe",),
}
# Where a name begins, counted from the segment's body: that of CIFF stands behind its byte order.
_NAMED = (
    (0xE0, 6, b"HEAPJPGM", "Canon's camera data (CIFF)"),
    (0xE2, 0, b"MPF\0", "further pictures (MPO)"),
    (0xE2, 0, b"FPXR\0", "FlashPix data"),
    (0xE2, 0, b"urn:iso:std:iso:ts:21496:-1\0", "gain map"),
    (0xEB, 0, b"JP", "content credentials (C2PA)"),
    (0xEC, 0, b"Ducky", "Photoshop comment (APP12)"),
    (0xEC, 0, b"", "picture info (APP12)"),
)
_DUCKY, _QUALITY = b"Ducky", 1
_END, _MEDIA = b"\xff\xd9", b"ftyp"

Segments = Iterable[tuple[int, bytes]]


def companions(data: bytes, segments: Segments) -> tuple[str, ...]:
    """A warning that names what a JPEG's file holds and its picture will not, one for each kind."""
    kinds = [kind for marker, body in segments if (kind := _kind(marker, body))]
    if _has_video(data):
        kinds.append("motion video")
    return tuple(f"its {kind} will not be in the picture" for kind in dict.fromkeys(kinds))


def jfif_shape(body: bytes) -> tuple[str, ...]:
    """A warning for a JFIF header, behind its name, that only says that pixels are not square."""
    if len(body) < 7 or body[2] != 0:
        return ()
    return oblong_pixels(int.from_bytes(body[3:5], "big"), int.from_bytes(body[5:7], "big"))


def _kind(marker: int, body: bytes) -> str | None:
    if not _APP0 <= marker <= _APP15 or body.startswith(_KNOWN.get(marker, ())) or not body.strip(b"\0"):
        return None
    if marker == 0xEC and body.startswith(_DUCKY) and not _ducky_speaks(body[len(_DUCKY) :]):
        return None
    for number, at, start, kind in _NAMED:
        if marker == number and body[at:].startswith(start):
            return kind
    name = body[:16].partition(b"\0")[0].decode("ascii", "ignore")
    return f"segment APP{marker - _APP0} ({name if name.isprintable() and name else 'unknown'})"


def _ducky_speaks(body: bytes) -> bool:
    """Whether more than the quality is said, which is that of the scan's own coding."""
    while len(body) >= 4 and body[:2] != b"\0\0":
        if int.from_bytes(body[:2], "big") != _QUALITY:
            return True
        body = body[4 + int.from_bytes(body[2:4], "big") :]
    return False


def _has_video(data: bytes) -> bool:
    """Whether a media file begins right behind the end of a picture: its size, then its type."""
    at = data.find(_MEDIA)
    while at >= 0:
        if data[max(0, at - 6) : at - 4] == _END:
            return True
        at = data.find(_MEDIA, at + 1)
    return False
