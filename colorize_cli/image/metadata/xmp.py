"""XMP packets: read with care, changed property by property, and written with their own prefixes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

Element = ElementTree.Element

NAMESPACE = "urn:colorize-cli:provenance#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TIFF, EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
XMP, NOTE = "http://ns.adobe.com/xap/1.0/", "http://ns.adobe.com/xmp/note/"
MM, REF = "http://ns.adobe.com/xap/1.0/mm/", "http://ns.adobe.com/xap/1.0/sType/ResourceRef#"
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
DC, PHOTOSHOP = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/photoshop/1.0/"
IPTC_CORE, _XMPMETA = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "adobe:ns:meta/"
_PREFIXES = {
    "rdf": RDF,
    "x": _XMPMETA,
    "Iptc4xmpExt": IPTC_EXT,
    "Iptc4xmpCore": IPTC_CORE,
    "colorize": NAMESPACE,
    "tiff": TIFF,
    "exif": EXIF,
    "xmp": XMP,
    "xmpNote": NOTE,
    "xmpMM": MM,
    "stRef": REF,
    "stEvt": EVENT,
    "dc": DC,
    "photoshop": PHOTOSHOP,
}
_RDF_ROOT, _DESCRIPTION = f"{{{RDF}}}RDF", f"{{{RDF}}}Description"
_RESERVED = re.compile("|".join([r"ns\d+", "xml", *_PREFIXES]))
_ROOTS = (_RDF_ROOT, f"{{{_XMPMETA}}}xmpmeta", f"{{{_XMPMETA}}}xapmeta")
_ABOUT, _ITEM, _RESOURCE = f"{{{RDF}}}about", f"{{{RDF}}}li", f"{{{RDF}}}resource"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_TAIL = '\n<?xpacket end="w"?>'
# Real packets stay below twenty; Python writes nested elements by recursion.
_DEEPEST = 100
# Elements and attributes: the ancestors of much copied Photoshop files make tens of thousands.
_MOST_PARTS, _MOST_PREFIXES, _MOST_BYTES = 100_000, 200, 32 << 20

# ElementTree keeps prefixes in one table for the whole process, and pictures are written by threads.
_PREFIX_TABLE = threading.Lock()


class TooMuchError(ValueError):
    """A packet that is not damaged but would take too much time or memory."""


@dataclass(frozen=True)
class Property:
    """An XMP property by its full name; container: "" for plain text, or rdf's "Alt", "Bag", "Seq"."""

    name: str
    container: str
    values: tuple[str, ...]


class Packet:
    """The properties of one XMP packet."""

    def __init__(self, root: Element | None = None, prefixes: dict[str, str] | None = None) -> None:
        self.root = Element(f"{{{_XMPMETA}}}xmpmeta") if root is None else root
        self.prefixes = prefixes or {}
        found = self.root if self.root.tag == _RDF_ROOT else self.root.find(_RDF_ROOT)
        self.rdf = ElementTree.SubElement(self.root, _RDF_ROOT) if found is None else found

    @classmethod
    def parse(cls, data: bytes) -> Packet:
        """ValueError where the bytes are no packet, one with a document type, or one without end."""
        if len(data) > _MOST_BYTES:
            raise TooMuchError(f"it is longer than {_MOST_BYTES >> 20} MiB")
        builder = _Builder()
        try:
            root = ElementTree.XML(_text(data), ElementTree.XMLParser(target=builder))
        except ElementTree.ParseError as error:
            raise ValueError(str(error)) from None
        if root.tag not in _ROOTS:
            raise ValueError("not an XMP packet")
        return cls(root, builder.prefixes)

    def to_bytes(self, *, wrapped: bool = True) -> bytes:
        """UTF-8, with the mark that other tools look for unless it is a part of a larger packet."""
        with _PREFIX_TABLE:
            for prefix, uri in (self.prefixes | _PREFIXES).items():
                ElementTree.register_namespace(prefix, uri)
            body = ElementTree.tostring(self.root, encoding="unicode")
        return (_HEAD + body + _TAIL if wrapped else body).encode("utf-8")

    def descriptions(self) -> list[Element]:
        """The elements that hold properties; at least one."""
        found = self.rdf.findall(_DESCRIPTION)
        return found or [ElementTree.SubElement(self.rdf, _DESCRIPTION, {_ABOUT: ""})]

    def get(self, name: str) -> str | None:
        """A plain property by its full name, None where there is none or one of parts."""
        for description in self.descriptions():
            if name in description.attrib:
                return description.attrib[name]
            for child in description.findall(name):
                return child.get(_RESOURCE) or child.text
        return None

    def has(self, name: str) -> bool:
        """Whether there is such a property, of whatever kind."""
        return any(name in d.attrib or d.find(name) is not None for d in self.descriptions())

    def take(self, name: str) -> str | None:
        """Remove a property; its text where it was plain."""
        found = self.get(name)
        for description in self.descriptions():
            description.attrib.pop(name, None)
            for child in description.findall(name):
                description.remove(child)
        return found

    def put(self, values: dict[str, str]) -> None:
        """Plain properties, in place of those of the same names."""
        for name in values:
            self.take(name)
        self.descriptions()[0].attrib.update({name: clean(value) for name, value in values.items()})

    def put_structure(self, name: str, values: dict[str, str]) -> None:
        """A property with named parts, in place of the one of that name."""
        self.take(name)
        _structure(ElementTree.SubElement(self.descriptions()[0], name), values)

    def take_structure(self, name: str) -> dict[str, str]:
        """Remove a property with named parts; those that are plain."""
        parts: dict[str, str] = {}
        for description in self.descriptions():
            for child in description.findall(name):
                inner = child.find(_DESCRIPTION)
                parts |= child.attrib if inner is None else inner.attrib
                parts |= {e.tag: e.text for e in (child if inner is None else inner) if e.text}
        self.take(name)
        return parts

    def drop_last(self, name: str, part: str, value: str | None) -> None:
        """Remove the last entry of a list if a part of it has this value, and the list if that empties it."""
        for description in self.descriptions():
            for child in description.findall(name):
                items = child.find(f"{{{RDF}}}Seq")
                if items is None or not len(items) or items[-1].findtext(part) != value:
                    continue
                items.remove(items[-1])
                if not len(items):
                    description.remove(child)

    def append(self, name: str, values: dict[str, str]) -> None:
        """One more entry with named parts at the end of a list."""
        lists = [child for d in self.descriptions() for child in d.findall(f"{name}/{{{RDF}}}Seq")]
        if not lists:
            self.take(name)
            place = ElementTree.SubElement(self.descriptions()[0], name)
            lists = [ElementTree.SubElement(place, f"{{{RDF}}}Seq")]
        _structure(ElementTree.SubElement(lists[0], _ITEM), values)

    def fill(self, properties: Iterable[Property]) -> None:
        """The properties that are not there yet."""
        for new in properties:
            if self.has(new.name):
                continue
            if not new.container:
                self.put({new.name: new.values[0]})
                continue
            place = ElementTree.SubElement(self.descriptions()[0], new.name)
            items = ElementTree.SubElement(place, f"{{{RDF}}}{new.container}")
            language = {_LANGUAGE: "x-default"} if new.container == "Alt" else {}
            for value in new.values:
                ElementTree.SubElement(items, _ITEM, language).text = clean(value)


def clean(text: str) -> str:
    """Without what XML cannot hold: control characters and undecodable parts of file names."""
    kept = "".join(c if (c >= " " and c not in "\ufffe\uffff") or c in "\t\n\r" else "\ufffd" for c in text)
    return kept.encode("utf-8", "replace").decode("utf-8")


class _Builder(ElementTree.TreeBuilder):
    """Refuses document types, and with them entities that grow without end, endless nesting and numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.prefixes: dict[str, str] = {}
        self._depth = self._parts = 0

    def start_ns(self, prefix: str, uri: str) -> None:
        """Keep the packet's own prefixes, but for those that the writer has or reserves."""
        if prefix and not _RESERVED.fullmatch(prefix) and uri not in _PREFIXES.values():
            self.prefixes.setdefault(prefix, uri)
        if len(self.prefixes) > _MOST_PREFIXES:
            raise TooMuchError(f"it has more than {_MOST_PREFIXES} namespaces")

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError(f"it declares the document type {name}")

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("its elements are nested without end")
        self._parts += 1 + len(attrs)
        if self._parts > _MOST_PARTS:
            raise TooMuchError(f"it has more than {_MOST_PARTS:,} parts")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag)


def _structure(element: Element, values: dict[str, str]) -> None:
    element.set(f"{{{RDF}}}parseType", "Resource")
    for name, value in values.items():
        ElementTree.SubElement(element, name).text = clean(value)


def _text(data: bytes) -> str:
    """A packet's characters; it may come in UTF-16, with or without a mark, and end in zeros."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif data[:1] == b"\0":
        encoding = "utf-16-be"
    else:
        encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-8"
    return data.decode(encoding).strip("\ufeff\0 \t\r\n")
