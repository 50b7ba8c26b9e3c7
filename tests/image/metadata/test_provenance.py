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
