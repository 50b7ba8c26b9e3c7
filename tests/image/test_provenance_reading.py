from dataclasses import replace

import pytest

from colorize_cli.errors import PhotoError
from colorize_cli.image.encoding import FORMATS
from colorize_cli.image.metadata.provenance import provenance_in, without_provenance, xmp_packet
from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.image.metadata.xmp import EVENT, IPTC_EXT, MM, PHOTOSHOP, Packet
from colorize_cli.image.photo import Metadata
from colorize_cli.image.provenance_reading import read_provenance
from tests.image.conftest import field, photo, scene, written
from tests.image.metadata.test_provenance import EXISTING
from tests.image.test_reading import png


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("page", [None, 3])
def test_every_format_says_how_it_was_made(make, provenance, fmt, page):
    said = replace(provenance, page=page, source_type=SourceType.ENHANCED)
    assert read_provenance(make(written(photo(), field(), said, fmt))) == said


def test_a_long_packet_does_not_hide_it(make, provenance):
    packet = Packet()
    packet.put({f"{{{PHOTOSHOP}}}History": "x" * 100_000})
    large = photo(metadata=Metadata(xmp=packet.to_bytes()))
    assert read_provenance(make(written(large, field(), provenance, "jpeg"))) == provenance


@pytest.mark.parametrize(
    "data", [b"", b"text", png(scene()), b"\xff\xd8\xff\xe1", b"II*\0\x08\0\0\0", b"RIFF\0\0\0\0WEBP"]
)
def test_every_other_file_says_nothing(make, data):
    assert read_provenance(make(data)) is None


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PhotoError, match=r"gone\.jpg: cannot be opened"):
        read_provenance(tmp_path / "gone.jpg")


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
