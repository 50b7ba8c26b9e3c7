"""What of a scan travels in which format, in which form, and what has no place there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from colorize_cli.common.installing import install_command
from colorize_cli.image.encoding import Encoding
from colorize_cli.image.formats import FORMATS, FileFormat, titles
from colorize_cli.image.icc.profile import delivered_icc
from colorize_cli.image.jpeg.lossless import hindrance, is_installed
from colorize_cli.image.jpeg.segments import too_long_blocks, xmp_fits
from colorize_cli.image.metadata.exif import restated_exif, with_dpi
from colorize_cli.image.metadata.iptc import fields_without_property, iptc_properties
from colorize_cli.image.metadata.photoshop import has_content
from colorize_cli.image.metadata.provenance import Provenance, xmp_packet
from colorize_cli.image.metadata.statements import restate
from colorize_cli.image.metadata.xmp import DC, PHOTOSHOP, Packet, Property
from colorize_cli.image.photo import Metadata, Photo

_DIGEST = f"{{{PHOTOSHOP}}}LegacyIPTCDigest"
_TEXT_PROPERTIES = {
    "title": (f"{{{DC}}}title", "Alt"),
    "author": (f"{{{DC}}}creator", "Seq"),
    "description": (f"{{{DC}}}description", "Alt"),
    "copyright": (f"{{{DC}}}rights", "Alt"),
}

_THREE_SCANS = "its pictures have three scans, which some viewers show in green stripes; for one scan"


def delivered_metadata(found: Metadata, fmt: FileFormat, provenance: Provenance) -> Metadata:
    """The blocks of a picture in a format, with its provenance."""
    exif = restated_exif(found.exif, 3, 16 if fmt.deep else 8) if found.exif else None
    if "dpi" not in fmt.blocks and found.dpi:
        exif = with_dpi(exif, found.dpi)
    xmp = xmp_packet(provenance, _packet(found, fmt))
    if fmt.name == "jpeg" and not xmp_fits(xmp):
        xmp = xmp_packet(provenance, None)
    kept = replace(found, xmp=xmp, icc=delivered_icc(found.icc), exif=exif)
    homeless: dict[str, Any] = {f.name: f.default for f in fields(kept) if f.name not in fmt.blocks}
    return replace(kept, **homeless)


def losses(photo: Photo, encoding: Encoding) -> tuple[str, ...]:
    """What an encoding cannot keep of a photo, one plain sentence part each, for the report."""
    fmt, found = FORMATS[encoding.format], []
    if encoding.lossless_luma and fmt.name == "jpeg":
        if reason := hindrance(photo.jpeg or b""):
            found.append(f"its luminance is encoded anew, not carried over: {reason}")
        elif not encoding.separate_scans and not is_installed():
            found.append(f"{_THREE_SCANS}: {install_command('lossless')}")
    if photo.depth == 16 and not fmt.deep:
        found.append(f"16 bits become 8 in {fmt.name}; {titles(lambda f: f.deep)} keep them")
    if photo.alpha is not None and not fmt.alpha:
        found.append(f"transparency is dropped in {fmt.name}")
    return (*found, *lost_blocks(photo.metadata, fmt))


def lost_blocks(found: Metadata, fmt: FileFormat) -> tuple[str, ...]:
    """What of the metadata a format cannot keep, one plain sentence part each."""
    lost = list(too_long_blocks(found)) if fmt.name == "jpeg" else []
    for block, what in _WITHOUT_PLACE.items():
        if block not in fmt.blocks and (said := what(found)):
            lost.append(f"its {said} have no place in {fmt.name}; {_keepers(block)} keep them")
    return tuple(lost)


def _keepers(block: str) -> str:
    return titles(lambda fmt: block in fmt.blocks)


def _iptc_without_place(found: Metadata) -> str:
    numbers = fields_without_property(found.iptc) if found.iptc else ()
    return "IPTC fields " + ", ".join(f"2:{number:02}" for number in numbers) if numbers else ""


def _resources_without_place(found: Metadata) -> str:
    return "Photoshop resources" if found.photoshop and has_content(found.photoshop) else ""


def _texts_without_place(found: Metadata) -> str:
    homeless = {key for key, _ in found.texts if key.lower() not in _TEXT_PROPERTIES}
    return f"texts ({', '.join(sorted(homeless))})" if homeless else ""


# Of blocks for which a format may have no place: what is lost then, "" for nothing. XMP says the rest.
_WITHOUT_PLACE: dict[str, Callable[[Metadata], str]] = {
    "iptc": _iptc_without_place,
    "photoshop": _resources_without_place,
    "texts": _texts_without_place,
}


def _packet(found: Metadata, fmt: FileFormat) -> bytes | None:
    """The scan's packet with what else only XMP can say, and without what is no longer true."""
    properties = [*_iptc_properties(found, fmt), *_text_properties(found, fmt)]
    packet = Packet.parse(found.xmp) if found.xmp else Packet()
    stated = packet.get(_DIGEST)
    iptc = found.iptc if "iptc" in fmt.blocks else None
    stale = stated is not None and stated.upper() != _digest(iptc)
    same_profile = found.icc is not None and delivered_icc(found.icc) == found.icc
    restated = restate(packet, 3, 16 if fmt.deep else 8, fmt.name, same_profile=same_profile)
    if not (properties or stale or restated):
        return found.xmp
    packet.fill(properties)
    if stale:
        packet.take(_DIGEST)
    return packet.to_bytes()


def _iptc_properties(found: Metadata, fmt: FileFormat) -> tuple[Property, ...]:
    seen = "iptc" in fmt.blocks and "iptc" not in fmt.obscure
    return iptc_properties(found.iptc) if found.iptc and not seen else ()


def _text_properties(found: Metadata, fmt: FileFormat) -> list[Property]:
    if "texts" in fmt.blocks:
        return []
    named = [(key.lower(), text) for key, text in found.texts if text]
    return [Property(*_TEXT_PROPERTIES[key], (text,)) for key, text in named if key in _TEXT_PROPERTIES]


def _digest(iptc: bytes | None) -> str | None:
    return hashlib.md5(iptc, usedforsecurity=False).hexdigest().upper() if iptc else None
