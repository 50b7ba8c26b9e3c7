"""What metadata says of pixels and companions that the picture no longer has: said anew, or taken out."""

from __future__ import annotations

from xml.etree import ElementTree

from colorize_cli.image.metadata.xmp import DC, PHOTOSHOP, RDF, TIFF, Packet

_CRS = "http://ns.adobe.com/camera-raw-settings/1.0/"
_BITS = f"{{{TIFF}}}BitsPerSample"
_PROFILE_NAME = f"{{{PHOTOSHOP}}}ICCProfile"
_GREY_SETTING = f"{{{_CRS}}}ConvertToGrayscale"
_GREY, _RGB = "1", "3"  # Photoshop's modes
_BLACK_IS_ZERO, _RGB_PIXELS = "1", "2"
_GAIN_MAPS = ("http://ns.adobe.com/hdr-gain-map/1.0/", "http://ns.apple.com/HDRGainMap/1.0/")
_CAMERA, _DEPTHS = "http://ns.google.com/photos/1.0/camera/", "http://ns.google.com/photos/1.0/"
_CONTAINERS = ("http://ns.google.com/photos/1.0/container/", "http://ns.google.com/photos/dd/1.0/device/")
_COMPANIONS = {
    **dict.fromkeys(_GAIN_MAPS, "gain map"),
    _CAMERA: "motion video",
    **dict.fromkeys(_CONTAINERS, "further pictures"),
    **{f"{_DEPTHS}{name}/": "depth map" for name in ("depthmap", "image", "focus")},
}


def drop_companions(packet: Packet) -> tuple[str, ...]:
    """Take out what describes other pictures and videos of the scan's file; what they are."""
    found: dict[str, None] = {}
    for description in packet.descriptions():
        names = [*description.attrib, *(child.tag for child in description)]
        for name in names:
            kind = _COMPANIONS.get(name[1:].partition("}")[0])
            if kind:
                packet.take(name)
                found[kind] = None
    # A directory of several says less than what the things in it are called.
    kinds = [kind for kind in found if kind != "further pictures"] or list(found)
    return tuple(kinds)


def restate(packet: Packet, samples: int, most_bits: int, fmt: str, *, same_profile: bool) -> bool:
    """Make true what the packet says of its pixels, of which there are `samples` planes; whether it changed.

    most_bits: the deepest that the format holds; fmt: a name of `formats.FORMATS`.
    """
    right = {
        f"{{{PHOTOSHOP}}}ColorMode": _RGB if samples == 3 else _GREY,
        f"{{{TIFF}}}SamplesPerPixel": str(samples),
        f"{{{TIFF}}}PhotometricInterpretation": _RGB_PIXELS if samples == 3 else _BLACK_IS_ZERO,
        f"{{{DC}}}format": f"image/{fmt}",
    }
    changed = {name: value for name, value in right.items() if packet.get(name) not in (None, value)}
    packet.put(changed)
    gone = [_GREY_SETTING] if samples == 3 else []
    gone += [] if same_profile else [_PROFILE_NAME]
    gone = [name for name in gone if packet.has(name)]
    for name in gone:
        packet.take(name)
    return _restate_bits(packet, samples, most_bits) or bool(changed or gone)


def _restate_bits(packet: Packet, samples: int, most: int) -> bool:
    """A list with a number for each sample."""
    for description in packet.descriptions():
        items = description.find(f"{_BITS}/{{{RDF}}}Seq")
        if items is None:
            continue
        stated = [(item.text or "").strip() for item in items]
        right = [_depth(stated, most)] * samples
        if stated == right:
            return False
        items[:] = []
        for value in right:
            ElementTree.SubElement(items, f"{{{RDF}}}li").text = value
        return True
    return False


def _depth(stated: list[str], most: int) -> str:
    deep = any(value.isdigit() and int(value) > 8 for value in stated)
    return "16" if deep and most == 16 else "8"
