"""What a picture says about its making: the XMP packet that every output carries."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass

from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.image.metadata.xmp import EVENT, IPTC_EXT, MM, NAMESPACE, REF, XMP, Packet

_SOURCE_TYPE = f"{{{IPTC_EXT}}}DigitalSourceType"
# What IPTC 2025.1 asks for beside it, and where what the scan itself said of each is kept.
_AI_SYSTEM, _AI_VERSION = f"{{{IPTC_EXT}}}AISystemUsed", f"{{{IPTC_EXT}}}AISystemVersionUsed"
_SCANS_OWN = {
    _SOURCE_TYPE: f"{{{NAMESPACE}}}SourceType",
    _AI_SYSTEM: f"{{{NAMESPACE}}}SourceAISystemUsed",
    _AI_VERSION: f"{{{NAMESPACE}}}SourceAISystemVersionUsed",
}
_DOCUMENT, _INSTANCE = f"{{{MM}}}DocumentID", f"{{{MM}}}InstanceID"
_ORIGINAL_DOCUMENT = f"{{{MM}}}OriginalDocumentID"
_DERIVED_FROM, _HISTORY = f"{{{MM}}}DerivedFrom", f"{{{MM}}}History"
_METADATA_DATE = f"{{{XMP}}}MetadataDate"
_CREATOR_TOOL = f"{{{XMP}}}CreatorTool"
_TOOL = "colorize "
WHAT_WAS_DONE = "digitally colorized: the colour is invented, the luminance is the scan's"


@dataclass(frozen=True)
class Provenance:
    """How a picture came about; variant and page count from 1, digests are sha256 in hex.

    page: of a scan with several; None: it has one, or the first was meant. guidance: what people have said
    of the colours, if anything.
    """

    tool_version: str
    weights: str
    weights_sha256: str
    seed: int
    variant: int
    source_name: str
    source_sha256: str
    page: int | None = None
    source_type: SourceType = SourceType.COMPOSITE
    guidance: str | None = None


def xmp_packet(provenance: Provenance, existing: bytes | None) -> bytes:
    """The existing packet, or a new one, saying that the picture was digitally colorized.

    A source type that was there is kept beside as the scan's own; a packet that is damaged or
    declares a document type is replaced. The same arguments give the same bytes.
    """
    try:
        packet = Packet.parse(existing or b"")
    except ValueError:
        packet = Packet()
    _derive(packet, provenance)
    _label(packet, provenance)
    # A true date would make the bytes of a second run differ; one from before would be wrong.
    packet.take(_METADATA_DATE)
    return packet.to_bytes()


def provenance_in(packet: bytes) -> Provenance | None:
    """What `xmp_packet` said; None where it said nothing or not all."""
    try:
        found = Packet.parse(packet)
        values = {name: found.get(_own(name)) for name in _NAMES}
        kind = found.get(_SOURCE_TYPE) or ""
        page = values["page"]
        if None in (*(values[name] for name in _TEXTS), values["seed"], values["variant"]):
            return None
        return Provenance(
            **{name: values[name] or "" for name in _TEXTS},
            seed=int(values["seed"] or ""),
            variant=int(values["variant"] or ""),
            page=None if page is None else int(page),
            source_type=SourceType.of(kind),
            guidance=values["guidance"],
        )
    except ValueError:
        return None


def without_provenance(packet: bytes) -> bytes | None:
    """The packet of the scan: what `xmp_packet` added is taken out; None if it cannot be read."""
    try:
        found = Packet.parse(packet)
    except ValueError:
        return None
    former = {name: found.take(kept) for name, kept in _SCANS_OWN.items()}
    for name in (*_SCANS_OWN, *map(_own, _NAMES)):
        found.take(name)
    own = found.take(_INSTANCE)
    found.take(_DOCUMENT)
    source = found.take_structure(_DERIVED_FROM)
    restored = {_INSTANCE: source.get(f"{{{REF}}}instanceID"), _DOCUMENT: source.get(f"{{{REF}}}documentID")}
    found.put({name: value for name, value in restored.items() if value})
    found.drop_last(_HISTORY, f"{{{EVENT}}}instanceID", own)
    if (found.get(_CREATOR_TOOL) or "").startswith(_TOOL):
        found.take(_CREATOR_TOOL)
    found.put({name: value for name, value in former.items() if value})
    return found.to_bytes()


_TEXTS = ("tool_version", "weights", "weights_sha256", "source_name", "source_sha256")
_NAMES = (*_TEXTS, "seed", "variant", "page", "guidance")


def _label(packet: Packet, provenance: Provenance) -> None:
    """What the IPTC asks for and the fields of our own, in place of those of an earlier run."""
    ours = packet.has(_own("tool_version"))
    former = {name: packet.take(name) for name in _SCANS_OWN}
    for name in _NAMES:
        packet.take(_own(name))
    values = {name: value for name, value in asdict(provenance).items() if value is not None}
    said = {
        _SOURCE_TYPE: values.pop("source_type").uri,
        _AI_SYSTEM: f"{_TOOL}({provenance.weights})",
        _AI_VERSION: f"{provenance.tool_version}, weights {provenance.weights_sha256[:12]}",
    }
    if not ours:
        packet.put({_SCANS_OWN[n]: value for n, value in former.items() if value and value != said[n]})
    packet.put(said | {_own(name): str(value) for name, value in values.items()})


def _derive(packet: Packet, provenance: Provenance) -> None:
    """Identities of a new document that was made from the scan, and a line in its history."""
    document, instance = packet.take(_DOCUMENT), packet.take(_INSTANCE)
    original = packet.get(_ORIGINAL_DOCUMENT) or document
    said = asdict(provenance)
    guidance = said.pop("guidance")
    seed = "\n".join(map(str, [*said.values(), *([guidance] if guidance else [])]))
    seed = seed.encode("utf-8", "replace").decode()
    identity = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE + seed)
    own = f"xmp.iid:{identity}"
    packet.put({_DOCUMENT: f"xmp.did:{identity}", _INSTANCE: own})
    source = {"instanceID": instance, "documentID": document, "filePath": provenance.source_name}
    packet.put_structure(_DERIVED_FROM, {f"{{{REF}}}{k}": v for k, v in source.items() if v})
    if original:
        packet.put({_ORIGINAL_DOCUMENT: original})
    tool = f"{_TOOL}{provenance.tool_version}"
    if not packet.has(_CREATOR_TOOL):
        packet.put({_CREATOR_TOOL: tool})
    done = f"{WHAT_WAS_DONE}; guided by {guidance}" if guidance else WHAT_WAS_DONE
    event = {"action": "derived", "instanceID": own, "softwareAgent": tool, "parameters": done}
    packet.append(_HISTORY, {f"{{{EVENT}}}{k}": v for k, v in event.items()})


def _own(name: str) -> str:
    return f"{{{NAMESPACE}}}" + "".join(part.capitalize() for part in name.split("_"))
