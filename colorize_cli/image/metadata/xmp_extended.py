"""Extended XMP: what a packet too long for one JPEG segment is cut into, and joined from."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from colorize_cli.image.metadata.xmp import IPTC_EXT, MM, NAMESPACE, NOTE, Element, Packet

PREFIX = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED = f"{{{NOTE}}}HasExtendedXMP"
_HEAD = struct.Struct(">32sII")  # digest of the whole, its length, where this chunk begins
_CHUNK = 65_400
# What readers look for stays in the packet that all of them read.
_STAYS = (
    f"{{{NAMESPACE}}}",
    f"{{{IPTC_EXT}}}DigitalSourceType",
    *(f"{{{MM}}}{name}" for name in ("DocumentID", "InstanceID", "OriginalDocumentID", "DerivedFrom")),
    _EXTENDED,
    "{http://www.w3.org/",
)


def join_xmp(packet: bytes, chunks: Iterable[bytes]) -> bytes:
    """A JPEG's packet and the bodies of its extension segments -> one packet.

    ValueError where the packet is damaged or the extension that it names is not there whole.
    """
    chunks = list(chunks)
    if not chunks:
        return packet
    main = Packet.parse(packet)
    digest = main.take(_EXTENDED)
    if digest is None:
        return packet
    extension = Packet.parse(_assembled(chunks, digest))
    for description in extension.descriptions():
        main.rdf.append(description)
    main.prefixes = extension.prefixes | main.prefixes
    return main.to_bytes()


def without_extension(packet: bytes) -> bytes:
    """The packet no longer naming an extension; ValueError where it is damaged."""
    main = Packet.parse(packet)
    return packet if main.take(_EXTENDED) is None else main.to_bytes()


def split_xmp(packet: bytes, most: int) -> tuple[bytes, tuple[bytes, ...]]:
    """A whole packet -> one of at most `most` bytes and the bodies of extension segments for the rest.

    ValueError where what has to stay in the first one is longer than that.
    """
    if len(packet) <= most:
        return packet, ()
    main, rest = Packet.parse(packet), Packet()
    rest.prefixes = main.prefixes
    main.put({_EXTENDED: "0" * 32})
    # From the end, so that the largest go first.
    movable = sorted(_properties(main), key=lambda found: found[0], reverse=True)[::-1]
    while (excess := len(main.to_bytes()) - most) > 0:
        if not movable:
            raise ValueError("its packet cannot be shared out")
        chosen = []
        while excess > 0 and movable:
            chosen.append(movable.pop())
            excess -= chosen[-1][0]
        _move(chosen, rest)
    extension = rest.to_bytes(wrapped=False)
    digest = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()
    main.put({_EXTENDED: digest})
    return main.to_bytes(), tuple(_chunks(extension, digest))


def _assembled(chunks: list[bytes], digest: str) -> bytes:
    mine = [chunk for chunk in chunks if chunk[:32] == digest.encode("ascii", "replace")]
    heads = [_HEAD.unpack_from(chunk) for chunk in mine if len(chunk) >= _HEAD.size]
    parts = {start: chunk[_HEAD.size :] for (_, _, start), chunk in zip(heads, mine, strict=False)}
    whole = b"".join(parts[start] for start in sorted(parts))
    if hashlib.md5(whole, usedforsecurity=False).hexdigest().upper() != digest.upper():
        raise ValueError("its extended part is not whole")
    return whole


def _chunks(extension: bytes, digest: str) -> Iterator[bytes]:
    for start in range(0, len(extension), _CHUNK):
        yield _HEAD.pack(digest.encode(), len(extension), start) + extension[start : start + _CHUNK]


def _properties(packet: Packet) -> Iterator[tuple[int, Element, str | Element]]:
    """Size, description, and name or element of each property that may move."""
    for description in packet.descriptions():
        for name, value in description.attrib.items():
            if not name.startswith(_STAYS):
                yield len(value.encode()), description, name
        for child in description:
            if not child.tag.startswith(_STAYS):
                # Declarations of namespaces are counted as well, so this is at least the size.
                yield len(ElementTree.tostring(child)), description, child


def _move(chosen: list[tuple[int, Element, str | Element]], target: Packet) -> None:
    place, emptied = target.descriptions()[0], dict[int, Element]()
    moved = set[int]()
    for _, source, found in chosen:
        if isinstance(found, str):
            place.set(found, source.attrib.pop(found))
        else:
            place.append(found)
            moved.add(id(found))
            emptied[id(source)] = source
    # Not one by one: each would be searched for among all of them.
    for source in emptied.values():
        source[:] = [child for child in source if id(child) not in moved]
