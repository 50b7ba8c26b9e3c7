"""What of a scan's metadata travels in which format, in which form, and what has no place there."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from colorize_cli.image.icc.profile import delivered_icc
from colorize_cli.image.jpeg.segments import exif_fits, icc_fits, xmp_fits
from colorize_cli.image.metadata.exif import with_dpi, without_orientation
from colorize_cli.image.metadata.iptc import Property, fields_without_property, iptc_properties
from colorize_cli.image.metadata.photoshop import has_content
from colorize_cli.image.metadata.provenance import Provenance, xmp_packet
from colorize_cli.image.metadata.xmp import DC, PHOTOSHOP, Packet
from colorize_cli.image.photo import Metadata

_DIGEST = f"{{{PHOTOSHOP}}}LegacyIPTCDigest"
# Formats with a place for IPTC-IIM and image resources; those where XMP has to say the same.
_IPTC_HOMES = ("jpeg", "tiff", "png")
_XMP_ONLY = ("png", "webp", "avif")
_TEXT_HOMES = ("jpeg", "png")
_WITHOUT_RESOLUTION = ("webp", "avif")
_TEXT_PROPERTIES = {
    "title": (f"{{{DC}}}title", "Alt"),
    "author": (f"{{{DC}}}creator", "Seq"),
    "description": (f"{{{DC}}}description", "Alt"),
    "copyright": (f"{{{DC}}}rights", "Alt"),
}


def carried(found: Metadata, fmt: str, provenance: Provenance) -> Metadata:
    """The blocks of a picture in a format, with its provenance."""
    icc, exif = delivered_icc(found.icc), found.exif
    if fmt in _WITHOUT_RESOLUTION and found.dpi:
        exif = with_dpi(exif, found.dpi)
    if fmt == "avif" and exif:
        # Pillow writes the block anew to take an orientation out, and loses types and letters.
        exif = without_orientation(exif)
    xmp = xmp_packet(provenance, _packet(found, fmt))
    if fmt == "jpeg" and not xmp_fits(xmp):
        xmp = xmp_packet(provenance, None)
    kept = replace(found, xmp=xmp, icc=icc, exif=exif)
    return kept if fmt in _IPTC_HOMES else replace(kept, iptc=None, photoshop=None)


def lost_blocks(found: Metadata, fmt: str) -> tuple[str, ...]:
    """What of the metadata a format cannot keep, one plain sentence part each."""
    lost = []
    if fmt == "jpeg" and found.exif and not exif_fits(found.exif):
        lost.append("its EXIF block is too long for jpeg and is left out")
    if fmt == "jpeg" and found.xmp and not xmp_fits(found.xmp):
        lost.append("its XMP packet is too long for jpeg and is replaced")
    if fmt == "jpeg" and found.icc and not icc_fits(found.icc):
        lost.append("its colour profile is too long for jpeg and is left out")
    if fmt not in _IPTC_HOMES and found.iptc and (without := fields_without_property(found.iptc)):
        names = ", ".join(f"2:{number:02}" for number in without)
        lost.append(f"its IPTC fields {names} have no place in {fmt}; jpeg, png and tiff keep them")
    if fmt not in _IPTC_HOMES and found.photoshop and has_content(found.photoshop):
        lost.append(f"its Photoshop resources have no place in {fmt}; jpeg, png and tiff keep them")
    homeless = {key for key, _ in found.texts if key.lower() not in _TEXT_PROPERTIES}
    if homeless and fmt not in _TEXT_HOMES:
        names = ", ".join(sorted(homeless))
        lost.append(f"its texts ({names}) have no place in {fmt}; jpeg and png keep them")
    return tuple(lost)


def _packet(found: Metadata, fmt: str) -> bytes | None:
    """The scan's packet with what else only XMP can say, and without a digest that is no longer true."""
    properties = list(iptc_properties(found.iptc)) if found.iptc and fmt in _XMP_ONLY else []
    properties += _text_properties(found, fmt)
    packet = Packet.parse(found.xmp) if found.xmp else Packet()
    stated = packet.get(_DIGEST)
    iptc = found.iptc if fmt in _IPTC_HOMES else None
    stale = stated is not None and stated.upper() != _digest(iptc)
    if not properties and not stale:
        return found.xmp
    packet.fill(properties)
    if stale:
        packet.take(_DIGEST)
    return packet.to_bytes()


def _text_properties(found: Metadata, fmt: str) -> list[Property]:
    if fmt in _TEXT_HOMES:
        return []
    named = [(key.lower(), text) for key, text in found.texts if text]
    return [Property(*_TEXT_PROPERTIES[key], (text,)) for key, text in named if key in _TEXT_PROPERTIES]


def _digest(iptc: bytes | None) -> str | None:
    return hashlib.md5(iptc, usedforsecurity=False).hexdigest().upper() if iptc else None
