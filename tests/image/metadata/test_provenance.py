from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.image.metadata.provenance import (
    NAMESPACE,
    Provenance,
    provenance_in,
    without_provenance,
    xmp_packet,
)
from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.image.metadata.xmp import EVENT, IPTC_EXT, MM, Packet

DIGITAL_SOURCE_TYPE = SourceType.COMPOSITE.uri
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
FILM = "http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm"
EXISTING = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
   <Iptc4xmpExt:DigitalSourceType>{FILM}</Iptc4xmpExt:DigitalSourceType>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Großmutter</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()
BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<x:xmpmeta xmlns:x="adobe:ns:meta/">&b;</x:xmpmeta>"""


def properties(packet):
    root = ElementTree.fromstring(packet)
    return {k: v for d in root.iter(RDF + "Description") for k, v in d.attrib.items()}


def test_a_new_packet_says_all(provenance):
    found = properties(xmp_packet(provenance, None))
    assert found[SOURCE_TYPE] == DIGITAL_SOURCE_TYPE
    own = {k.removeprefix(f"{{{NAMESPACE}}}"): v for k, v in found.items() if NAMESPACE in k}
    assert own == {
        "ToolVersion": "1.2.3",
        "Weights": "lite1-photo",
        "WeightsSha256": "ab" * 32,
        "Seed": "7",
        "Variant": "2",
        "SourceName": "großmutter <1>.jpg",
        "SourceSha256": "cd" * 32,
    }


def test_it_names_the_system_as_the_iptc_asks(provenance):
    packet = xmp_packet(provenance, None)
    found = properties(packet)
    assert found[f"{{{IPTC_EXT}}}AISystemUsed"] == "colorize (lite1-photo)"
    assert found[f"{{{IPTC_EXT}}}AISystemVersionUsed"] == "1.2.3, weights abababababab"
    assert b"AISystem" not in (without_provenance(packet) or b"")


def test_a_system_that_the_scan_names_comes_back(provenance):
    before = Packet()
    before.put({f"{{{IPTC_EXT}}}AISystemUsed": "a scratch remover"})
    once = xmp_packet(provenance, before.to_bytes())
    twice = xmp_packet(replace(provenance, tool_version="1.2.4"), once)
    assert properties(twice)[f"{{{NAMESPACE}}}SourceAISystemUsed"] == "a scratch remover"
    restored = Packet.parse(without_provenance(twice) or b"")
    assert restored.get(f"{{{IPTC_EXT}}}AISystemUsed") == "a scratch remover"
    assert not restored.has(f"{{{IPTC_EXT}}}AISystemVersionUsed")


def test_an_existing_packet_keeps_its_content_and_its_prefixes(provenance):
    packet = xmp_packet(provenance, EXISTING)
    assert "Großmutter".encode() in packet
    assert b"<dc:title>" in packet
    found = properties(packet)
    assert found[f"{{{NAMESPACE}}}SourceType"] == FILM
    assert packet.count(b"DigitalSourceType=") == 1 and b"<Iptc4xmpExt:Dig" not in packet


def test_writing_again_replaces_what_was_said(provenance):
    twice = xmp_packet(replace(provenance, variant=3), xmp_packet(provenance, EXISTING))
    assert properties(twice)[f"{{{NAMESPACE}}}Variant"] == "3"
    assert properties(twice)[f"{{{NAMESPACE}}}SourceType"] == FILM


@pytest.mark.parametrize(
    "damaged",
    [b"", b"no xml", EXISTING[:300], BOMB, BOMB.decode().encode("utf-16"), b"<a/>", b"\0\0"],
)
def test_a_damaged_or_dangerous_packet_is_replaced(provenance, damaged):
    assert xmp_packet(provenance, damaged) == xmp_packet(provenance, None)


@given(st.text(), st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_file_name_and_any_packet_give_xml(name, existing):
    provenance = Provenance("1", "w", "", 0, 1, name, "")
    assert properties(xmp_packet(provenance, existing))[SOURCE_TYPE] == DIGITAL_SOURCE_TYPE


def test_a_file_name_that_is_no_unicode_gives_xml():
    provenance = Provenance("1", "w", "", 0, 1, "a\udcff\ud800\x01.jpg", "")
    assert properties(xmp_packet(provenance, None))[SOURCE_TYPE] == DIGITAL_SOURCE_TYPE


def test_guidance_is_told_and_taken_back(provenance):
    guided = replace(provenance, guidance="hints at 2 places (hard, 0123)")
    packet = xmp_packet(guided, EXISTING)
    assert provenance_in(packet) == guided
    assert b"guided by hints at 2 places" in packet
    assert b"uidance" not in (without_provenance(packet) or b"")
    assert properties(packet) != properties(xmp_packet(provenance, EXISTING))


@pytest.mark.parametrize("spoil", ['Seed="7"', "compositeWithTrained", 'Weights="lite1-photo" '])
def test_half_a_statement_is_none(provenance, spoil):
    whole = xmp_packet(provenance, EXISTING).decode()
    assert provenance_in(whole.encode()) == provenance
    assert provenance_in(whole.replace(spoil, spoil[:1] + '="x"' * (spoil[0] == "S")).encode()) is None


def test_the_scans_own_packet_comes_back(provenance):
    found = Packet.parse(without_provenance(xmp_packet(provenance, EXISTING)))
    assert found.root.find(".//{http://purl.org/dc/elements/1.1/}title") is not None
    before = Packet.parse(EXISTING)
    for name in (f"{{{IPTC_EXT}}}DigitalSourceType", *(f"{{{MM}}}{n}" for n in ("DocumentID", "InstanceID"))):
        assert found.get(name) == before.get(name)
    assert not any(found.has(f"{{{MM}}}{name}") for name in ("DerivedFrom", "History"))
    assert b"colorize" not in found.to_bytes().replace(b"xmlns:colorize", b"")


def test_identities_of_the_scan_come_back(provenance):
    packet = Packet()
    packet.put({f"{{{MM}}}DocumentID": "xmp.did:a", f"{{{MM}}}InstanceID": "xmp.iid:b"})
    packet.append(f"{{{MM}}}History", {f"{{{EVENT}}}action": "created"})
    found = without_provenance(xmp_packet(provenance, packet.to_bytes()))
    assert Packet.parse(found).get(f"{{{MM}}}DocumentID") == "xmp.did:a"
    assert Packet.parse(found).get(f"{{{MM}}}InstanceID") == "xmp.iid:b"
    assert b"created" in found and b"derived" not in found
    assert without_provenance(b"no xml") is None
