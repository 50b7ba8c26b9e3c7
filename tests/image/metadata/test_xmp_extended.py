import pytest

from colorize_cli.image.metadata.provenance import provenance_in, xmp_packet
from colorize_cli.image.metadata.xmp import NOTE, PHOTOSHOP, Packet
from colorize_cli.image.metadata.xmp_extended import join_xmp, split_xmp, without_extension
from tests.image.metadata.test_provenance import EXISTING

MOST = 65_000
HISTORY, EXTENDED = f"{{{PHOTOSHOP}}}History", f"{{{NOTE}}}HasExtendedXMP"


def long_packet(provenance, length=200_000):
    packet = Packet.parse(EXISTING)
    packet.put({HISTORY: "x" * length})
    return xmp_packet(provenance, packet.to_bytes())


def test_a_long_packet_is_shared_out_and_joined(provenance):
    packet = long_packet(provenance)
    main, chunks = split_xmp(packet, MOST)
    assert len(main) <= MOST and len(chunks) == 4
    assert provenance_in(main) == provenance
    joined = Packet.parse(join_xmp(main, reversed(chunks)))
    assert joined.get(HISTORY) == "x" * 200_000
    assert not joined.has(EXTENDED) and provenance_in(joined.to_bytes()) == provenance


def test_a_short_packet_stays_as_it_is():
    assert split_xmp(EXISTING, MOST) == (EXISTING, ())
    assert join_xmp(EXISTING, ()) == join_xmp(EXISTING, [b"0" * 60]) == EXISTING


def test_many_small_properties_are_shared_out(provenance):
    packet = Packet()
    packet.put({f"{{http://my.own/}}p{i}": "word " * 10 for i in range(2000)})
    main, chunks = split_xmp(xmp_packet(provenance, packet.to_bytes()), MOST)
    joined = Packet.parse(join_xmp(main, chunks))
    assert len(main) <= MOST and joined.get("{http://my.own/}p1999") == "word " * 10


@pytest.mark.parametrize("spoil", [lambda c: c[1:], lambda c: [c[0][:-1], *c[1:]], lambda c: [b"x", *c[1:]]])
def test_an_extension_that_is_not_whole_is_refused(provenance, spoil):
    main, chunks = split_xmp(long_packet(provenance), MOST)
    with pytest.raises(ValueError, match="not whole"):
        join_xmp(main, spoil(chunks))
    assert not Packet.parse(without_extension(main)).has(EXTENDED)


def test_what_cannot_be_moved_is_refused():
    long = EXISTING.replace(b"</rdf:RDF>", b"</rdf:RDF><odd>" + b"x" * 70_000 + b"</odd>")
    with pytest.raises(ValueError, match="shared out"):
        split_xmp(long, MOST)
