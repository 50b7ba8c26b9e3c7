"""The blocks found in a scan: made upright with it, and left out when damaged, each with a warning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from colorize_cli.image.icc.profile import check_icc
from colorize_cli.image.metadata.exif import (
    clean_dpi,
    damaged_tags,
    exif_dpi,
    stated_orientation,
    tag_warnings,
    upright_exif,
)
from colorize_cli.image.metadata.iptc import check_iptc
from colorize_cli.image.metadata.photoshop import turned_resources
from colorize_cli.image.metadata.regions import turn_regions
from colorize_cli.image.metadata.statements import drop_companions
from colorize_cli.image.metadata.xmp import EXIF, TIFF, XMP, Packet, TooMuchError
from colorize_cli.image.photo import Metadata

_ORIENTATION = f"{{{TIFF}}}Orientation"
_WIDTHS = (f"{{{TIFF}}}ImageWidth", f"{{{EXIF}}}PixelXDimension")
_HEIGHTS = (f"{{{TIFF}}}ImageLength", f"{{{EXIF}}}PixelYDimension")
_RESOLUTIONS = (f"{{{TIFF}}}XResolution", f"{{{TIFF}}}YResolution")
_THUMBNAILS = f"{{{XMP}}}Thumbnails"
_NAMES = {
    "exif": "EXIF block",
    "icc": "colour profile",
    "xmp": "XMP packet",
    "iptc": "IPTC block",
    "photoshop": "Photoshop block",
}


def upright_metadata(
    found: Metadata, orientation: int, shape: tuple[int, ...]
) -> tuple[Metadata, tuple[str, ...]]:
    """The blocks as they are right for the upright picture, and a warning for each that is lost.

    orientation: what is still to be applied, 1 where the decoder did it; shape: (H,W) upright.
    """
    stated = stated_orientation(found.exif or b"")
    applied = orientation if orientation != 1 else stated or 1
    turned = applied >= 5
    dpi = found.dpi[::-1] if found.dpi and orientation >= 5 else found.dpi
    height, width = shape[:2]
    warnings: list[str] = []
    upright: dict[str, Callable[[bytes], bytes | None]] = {
        "exif": lambda block: _upright_exif(block, width, height, applied, warnings),
        "icc": _checked_icc,
        "xmp": lambda block: _upright_xmp(
            block, width, height, applied, stated or orientation != 1, warnings
        ),
        "iptc": _checked_iptc,
        "photoshop": lambda block: turned_resources(block) if turned else block,
    }
    changes: dict[str, Any] = {"dpi": dpi}
    for name, function in upright.items():
        block = getattr(found, name)
        try:
            changes[name] = function(block) if block else None
        except ValueError as error:
            changes[name] = None
            warnings.append(_fault(_NAMES[name], error))
    kept = replace(found, **changes)
    return _with_resolution(kept), tuple(warnings)


def _fault(name: str, error: ValueError) -> str:
    if isinstance(error, TooMuchError):
        return f"its {name} is left out: {error}"
    return f"its {name} is damaged ({error}) and left out"


def _upright_exif(block: bytes, width: int, height: int, applied: int, warnings: list[str]) -> bytes:
    upright = upright_exif(block, width, height, applied)
    warnings.extend(tag_warnings("EXIF", damaged_tags(block)))
    return upright


def _upright_xmp(
    packet: bytes, width: int, height: int, applied: int, stated: bool | int, warnings: list[str]
) -> bytes:
    upright, companions = upright_xmp(packet, width, height, applied, stated)
    warnings.extend(f"its {kind} is not carried over, and its XMP no longer names it" for kind in companions)
    return upright


def upright_xmp(
    packet: bytes, width: int, height: int, applied: int, stated: bool | int
) -> tuple[bytes, tuple[str, ...]]:
    """The packet with the upright sizes and regions, without thumbnails; as it was if that changes nothing.

    With the companions in the scan's file that it no longer names (`statements.drop_companions`). applied:
    the orientation that the scan had; stated: whether it was applied or found to be upright. One that stands
    in XMP alone is not what viewers go by, so it stays, and the picture is shown everywhere as the scan was.
    ValueError where the packet is damaged.
    """
    turned = applied >= 5
    found = Packet.parse(packet)
    companions = drop_companions(found)
    regions = applied != 1 and turn_regions(found, applied, width, height)
    right = dict.fromkeys(_WIDTHS, str(width)) | dict.fromkeys(_HEIGHTS, str(height))
    if stated:
        right[_ORIENTATION] = "1"
    if turned:
        values = [found.get(name) for name in reversed(_RESOLUTIONS)]
        right |= {name: value for name, value in zip(_RESOLUTIONS, values, strict=True) if value}
    changed = {name: value for name, value in right.items() if found.get(name) not in (None, value)}
    if not (changed or companions or regions or found.has(_THUMBNAILS)):
        return packet, ()
    found.put(changed)
    found.take(_THUMBNAILS)
    return found.to_bytes(), companions


def _with_resolution(metadata: Metadata) -> Metadata:
    """A resolution that only EXIF states counts for the file."""
    if metadata.dpi or not metadata.exif:
        return metadata
    return replace(metadata, dpi=clean_dpi(exif_dpi(metadata.exif)))


def _checked_icc(profile: bytes) -> bytes:
    check_icc(profile)
    return profile


def _checked_iptc(block: bytes) -> bytes:
    check_iptc(block)
    return block
