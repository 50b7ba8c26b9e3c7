"""What a picture says about its making: the XMP packet that every output carries."""

from __future__ import annotations

import io
import threading
from dataclasses import asdict, dataclass
from xml.etree import ElementTree

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
NAMESPACE = "urn:colorize-cli:provenance#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMPMETA = "adobe:ns:meta/"
_ORIENTATION = "{http://ns.adobe.com/tiff/1.0/}Orientation"
_SOURCE_TYPE = f"{{{_IPTC_EXT}}}DigitalSourceType"
_DESCRIPTION = f"{{{_RDF}}}Description"
_RDF_ROOT = f"{{{_RDF}}}RDF"
_ROOTS = (_RDF_ROOT, f"{{{_XMPMETA}}}xmpmeta", f"{{{_XMPMETA}}}xapmeta")
_ABOUT = f"{{{_RDF}}}about"
_PREFIXES = {"rdf": _RDF, "Iptc4xmpExt": _IPTC_EXT, "x": _XMPMETA, "colorize": NAMESPACE}
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_TAIL = '\n<?xpacket end="w"?>'


@dataclass(frozen=True)
class Provenance:
    """How a picture came about; `variant` counts from 1, digests are sha256 in hex."""

    tool_version: str
    weights: str
    weights_sha256: str
    seed: int
    variant: int
    source_name: str
    source_sha256: str


# ElementTree keeps prefixes in one table for the whole process, and pictures are written by threads.
_PREFIX_TABLE = threading.Lock()


def xmp_packet(provenance: Provenance, existing: bytes | None) -> bytes:
    """The existing packet, or a new one, saying that the picture was digitally colorized.

    A source type that was there is kept beside as the scan's own; a packet that is damaged or
    declares a document type is replaced.
    """
    with _PREFIX_TABLE:
        return _packet(provenance, existing)


def _packet(provenance: Provenance, existing: bytes | None) -> bytes:
    root = _parse(existing) if existing else None
    if root is None:
        root = ElementTree.Element(f"{{{_XMPMETA}}}xmpmeta")
    rdf = root if root.tag == _RDF_ROOT else root.find(_RDF_ROOT)
    if rdf is None:
        rdf = ElementTree.SubElement(root, _RDF_ROOT)
    former = _take_out(rdf, _SOURCE_TYPE)
    if _take_out(rdf, _ORIENTATION):
        _describe(rdf, {_ORIENTATION: "1"})
    _describe(rdf, {_SOURCE_TYPE: DIGITAL_SOURCE_TYPE} | _fields(provenance, former))
    for prefix, uri in _PREFIXES.items():
        ElementTree.register_namespace(prefix, uri)
    body = ElementTree.tostring(root, encoding="unicode")
    return (_HEAD + body + _TAIL).encode("utf-8")


def provenance_in(packet: bytes) -> Provenance | None:
    """What `xmp_packet` said; None where it said nothing or not all."""
    root = _parse(packet)
    found = {} if root is None else {k: v for d in root.iter(_DESCRIPTION) for k, v in d.attrib.items()}
    values = {name: found.get(f"{{{NAMESPACE}}}{_camel(name)}") for name in Provenance.__dataclass_fields__}
    try:
        return Provenance(**values | {key: int(values[key] or "") for key in ("seed", "variant")})  # type: ignore[arg-type]
    except ValueError:
        return None


def without_provenance(packet: bytes) -> bytes | None:
    """The packet of the scan: what `xmp_packet` added is taken out; None if it cannot be read."""
    with _PREFIX_TABLE:
        root = _parse(packet)
        if root is None:
            return None
        former = None
        for description in root.iter(_DESCRIPTION):
            former = description.attrib.get(f"{{{NAMESPACE}}}SourceType") or former
            for name in [n for n in description.attrib if n == _SOURCE_TYPE or NAMESPACE in n]:
                del description.attrib[name]
        if former:
            rdf = root if root.tag == _RDF_ROOT else root.find(_RDF_ROOT)
            _describe(rdf if rdf is not None else root, {_SOURCE_TYPE: former})
        return (_HEAD + ElementTree.tostring(root, encoding="unicode") + _TAIL).encode("utf-8")


class _NoDocumentType(ElementTree.TreeBuilder):
    """Refuses document types, and with them entities that grow without end."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError(f"document type {name} in an XMP packet")


def _parse(packet: bytes) -> ElementTree.Element | None:
    text = packet.strip(b"\0 \t\r\n")
    try:
        parser = ElementTree.XMLParser(target=_NoDocumentType())
        root = ElementTree.parse(io.BytesIO(text), parser).getroot()
        _keep_prefixes(text)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    return root if root.tag in _ROOTS else None


def _keep_prefixes(text: bytes) -> None:
    """Other tools look for the customary prefixes, so the packet's own are written again."""
    for _, (prefix, uri) in ElementTree.iterparse(io.BytesIO(text), events=["start-ns"]):
        if prefix and prefix not in _PREFIXES and uri not in _PREFIXES.values():
            try:
                ElementTree.register_namespace(prefix, uri)
            except ValueError:  # ns0, ns1 … are reserved for the writer
                continue


def _take_out(rdf: ElementTree.Element, name: str) -> str | None:
    """Remove a property, attribute or element, from every description; its last value."""
    found = None
    for description in rdf.iter(_DESCRIPTION):
        found = description.attrib.pop(name, None) or found
        for child in description.findall(name):
            found = child.get(f"{{{_RDF}}}resource") or child.text or found
            description.remove(child)
    return found


def _describe(rdf: ElementTree.Element, values: dict[str, str]) -> None:
    description = rdf.find(_DESCRIPTION)
    if description is None:
        description = ElementTree.SubElement(rdf, _DESCRIPTION, {_ABOUT: ""})
    description.attrib.update(values)


def _fields(provenance: Provenance, former: str | None) -> dict[str, str]:
    """Own fields; empty ones and what an earlier run left are overwritten."""
    values = {name: _clean(str(value)) for name, value in asdict(provenance).items()}
    if former and former != DIGITAL_SOURCE_TYPE:
        values["source_type"] = former
    return {f"{{{NAMESPACE}}}{_camel(name)}": value for name, value in values.items()}


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _clean(text: str) -> str:
    """Without what XML cannot hold: control characters and undecodable parts of file names."""
    kept = "".join(c if c >= " " and c not in "\ufffe\uffff" else "\ufffd" for c in text)
    return kept.encode("utf-8", "replace").decode("utf-8")
