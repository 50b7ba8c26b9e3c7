"""Photoshop's image resources, where JPEG and TIFF keep IPTC data among other things."""

from __future__ import annotations

import struct
from collections.abc import Iterator

IPTC, RESOLUTION, CAPTION_DIGEST = 0x0404, 0x03ED, 0x0425
# Thumbnails of the grey scan, and copies of blocks that have a place of their own: ICC, EXIF, XMP.
_STALE = (0x0409, 0x040C, 0x040F, 0x0422, 0x0423, 0x0424)
# What is measured along the sides of the picture: resolution, guides, slices, paths.
_LAID_OUT = (RESOLUTION, 0x0408, 0x041A, *range(0x07D0, 0x0BB7))
_SIGNATURES = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")


def split_resources(block: bytes) -> tuple[bytes | None, bytes | None]:
    """Image resources -> the first IPTC data in them, and the other resources but for what is stale.

    Further IPTC data that says something else is one of the others. ValueError where the block is damaged.
    """
    parts = list(_resources(block))
    iptc = next((data for number, data, _ in parts if number == IPTC), None)
    others = b"".join(
        raw for number, data, raw in parts if number not in _STALE and (number != IPTC or data != iptc)
    )
    return iptc or None, others or None


def turned_resources(block: bytes) -> bytes | None:
    """Resources without those that no longer fit a picture whose sides changed places."""
    return b"".join(raw for number, _, raw in _resources(block) if number not in _LAID_OUT) or None


def join_resources(iptc: bytes | None, others: bytes | None) -> bytes:
    """One block of both, empty if there is neither."""
    head = struct.pack(">4sHHI", b"8BIM", IPTC, 0, len(iptc)) if iptc else b""
    return head + (iptc or b"") + b"\0" * (len(iptc or b"") % 2) + (others or b"")


def has_content(block: bytes) -> bool:
    """Whether there is more in it than a resolution and a digest, which other blocks say as well."""
    return any(number not in (RESOLUTION, CAPTION_DIGEST) for number, _, _ in _resources(block))


def _resources(block: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, data and whole bytes of each resource."""
    at = 0
    while at + 12 <= len(block) and block[at : at + 4] in _SIGNATURES:
        number = int.from_bytes(block[at + 4 : at + 6], "big")
        name = (block[at + 6] + 2) // 2 * 2  # a length byte and the name, made even
        start = at + 6 + name + 4
        length = int.from_bytes(block[start - 4 : start], "big")
        if start + length > len(block):
            raise ValueError("an image resource is cut short")
        end = start + length + length % 2
        yield number, block[start : start + length], block[at:end].ljust(end - at, b"\0")
        at = end
    if block[at:].strip(b"\0"):
        raise ValueError("an image resource has no signature")
