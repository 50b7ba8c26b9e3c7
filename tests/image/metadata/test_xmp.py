from contextlib import suppress
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.image.metadata.upright import upright_metadata
from colorize_cli.image.metadata.xmp import DC, TIFF, XMP, Packet, Property, TooMuchError, clean
from colorize_cli.image.photo import Metadata
from tests.image.metadata.test_provenance import BOMB, EXISTING

TITLE, RIGHTS, TOOL = f"{{{DC}}}title", f"{{{DC}}}rights", f"{{{XMP}}}CreatorTool"
WITHOUT_MARK = EXISTING.decode().replace("\ufeff", "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_encoding_is_read(encoding):
    packet = Packet.parse(WITHOUT_MARK.encode(encoding) + b"\0\0")
    assert packet.get(f"{{{TIFF}}}Orientation") == "6"
    assert "Großmutter".encode() in packet.to_bytes()


def test_a_declared_encoding_does_not_stand_in_the_way():
    declared = '<?xml version="1.0" encoding="UTF-16"?>' + WITHOUT_MARK
    assert Packet.parse(declared.encode("utf-16")).has(TITLE)
    assert Packet.parse(declared.encode("utf-8")).has(TITLE)


def test_properties_are_set_taken_and_filled():
    packet = Packet.parse(EXISTING)
    packet.put({TOOL: "Scanner"})
    packet.fill([Property(TITLE, "Alt", ("other",)), Property(RIGHTS, "Alt", ("Müller",))])
    assert packet.take(TOOL) == "Scanner" and not packet.has(TOOL)
    text = packet.to_bytes().decode()
    assert '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">Müller' in text and "other" not in text


def test_a_list_goes_on():
    packet, name = Packet(), f"{{{XMP}}}steps"
    for step in "ab":
        packet.append(name, {TOOL: step})
    items = [e.text for e in ElementTree.fromstring(packet.to_bytes()).iter(TOOL)]
    assert items == ["a", "b"]


def test_unknown_prefixes_are_kept():
    named = EXISTING.replace(b"<rdf:RDF ", b'<rdf:RDF xmlns:my="http://my.own/" xmlns:ns7="http://odd/" ')
    named = named.replace(b"<dc:title>", b"<my:word>x</my:word><ns7:w>y</ns7:w><dc:title>")
    text = Packet.parse(named).to_bytes()
    assert b"<my:word>" in text
    assert Packet.parse(text).get("{http://odd/}w") == "y"


@pytest.mark.parametrize(
    ("damaged", "fault"),
    [
        (BOMB, "document type"),
        (BOMB.decode().encode("utf-16"), "document type"),
        (b"<a>" * 5000 + b"</a>" * 5000, "nested"),
        (EXISTING[:300], None),
        (b"<a/>", "not an XMP packet"),
        (b"\xff\xfe<", None),
        (b"", None),
    ],
)
def test_damage_and_bombs_are_refused(damaged, fault):
    with pytest.raises(ValueError, match=fault):
        Packet.parse(damaged)


@given(st.integers(0, len(EXISTING)), st.binary(min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise_anything_but_value_error(at, noise):
    data = bytearray(EXISTING)
    data[at : at + len(noise)] = noise
    with suppress(ValueError):
        packet = Packet.parse(bytes(data))
        packet.put({TOOL: "x"})
        assert Packet.parse(packet.to_bytes()).get(TOOL) == "x"


@given(st.text())
def test_any_text_can_be_written(text):
    packet = Packet()
    packet.put({TOOL: text})
    assert Packet.parse(packet.to_bytes()).has(TOOL)
    assert clean("a\tb\x01") == "a\tb\ufffd"


RDF_HEAD = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
ENDLESS = {
    "parts": b"<rdf:Description/>" * 100_001,
    "namespaces": b"".join(b'<rdf:li xmlns:q%d="urn:%d" q%d:a=""/>' % (i, i, i) for i in range(201)),
    "MiB": b" " * (33 << 20),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_packet_without_end_costs_the_packet_and_is_named(what):
    endless = RDF_HEAD + ENDLESS[what] + b"</rdf:RDF>"
    with pytest.raises(TooMuchError, match=what):
        Packet.parse(endless)
    found, (said,) = upright_metadata(Metadata(xmp=endless), 1, (9, 9))
    assert found.xmp is None and said.startswith("its XMP packet is left out: it ")


def test_many_ancestors_are_no_packet_without_end():
    Packet.parse(RDF_HEAD + b"<rdf:li>uuid</rdf:li>" * 60_000 + b"</rdf:RDF>")
