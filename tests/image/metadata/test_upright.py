import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.metadata.exif import exif_dpi
from colorize_cli.image.metadata.ifd import Field, pack_block
from colorize_cli.image.metadata.upright import upright_metadata, upright_xmp
from colorize_cli.image.metadata.xmp import EXIF, TIFF, XMP, Packet
from colorize_cli.image.photo import Metadata
from tests.image.metadata.test_exif import block, maker
from tests.image.metadata.test_iptc import IIM
from tests.image.metadata.test_photoshop import DPI, PATH, PRINT
from tests.image.metadata.test_provenance import BOMB, EXISTING

SHAPE = (300, 200)
ORIENTATION, WIDTH = f"{{{TIFF}}}Orientation", f"{{{EXIF}}}PixelXDimension"
WHOLE = Metadata(maker(), gamma_profile(1.8), EXISTING, None, IIM, PRINT + DPI + PATH)


def test_everything_is_made_upright_once():
    upright, warnings = upright_metadata(WHOLE, 6, SHAPE)
    assert warnings == ()
    assert exif_dpi(upright.exif) == upright.dpi == (300 * 2.54, 600 * 2.54)
    assert Packet.parse(upright.xmp).get(ORIENTATION) == "1"
    assert upright.photoshop == PRINT
    assert upright_metadata(upright, 1, SHAPE) == (upright, ())


def test_a_scan_that_lies_right_is_left_alone():
    found = Metadata(
        block(1), gamma_profile(1.8), b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", (1.0, 2.0), IIM, PATH
    )
    upright, _ = upright_metadata(found, 1, (200, 300))
    assert upright == found


def test_the_resolution_of_the_file_comes_before_that_of_exif():
    assert upright_metadata(Metadata(maker(), dpi=(72.0, 96.0)), 6, SHAPE)[0].dpi == (96.0, 72.0)


def test_an_orientation_in_xmp_alone_stays():
    assert upright_metadata(Metadata(xmp=EXISTING), 1, SHAPE)[0].xmp == EXISTING
    without = pack_block({270: Field(2, 2, b"a\0")}, "<")
    assert upright_metadata(Metadata(without, xmp=EXISTING), 1, SHAPE)[0].xmp == EXISTING


def test_sizes_and_thumbnails_in_xmp():
    packet = Packet()
    packet.put({WIDTH: "300", f"{{{TIFF}}}XResolution": "600/1", f"{{{TIFF}}}YResolution": "300/1"})
    packet.put({f"{{{XMP}}}Thumbnails": "old"})
    upright = Packet.parse(upright_xmp(packet.to_bytes(), 200, 300, 6, True)[0])
    assert upright.get(WIDTH) == "200" and not upright.has(f"{{{XMP}}}Thumbnails")
    assert [upright.get(f"{{{TIFF}}}{a}Resolution") for a in "XY"] == ["300/1", "600/1"]
    assert not upright.has(ORIENTATION)


DAMAGED = {
    "exif": (block()[:40], "EXIF block"),
    "icc": (gamma_profile(1.8)[:200], "colour profile"),
    "xmp": (BOMB, "XMP packet"),
    "iptc": (IIM[:-2], "IPTC block"),
    "photoshop": (PATH[:-4], "Photoshop block"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_block_costs_the_block_and_is_named(name):
    damaged, said = DAMAGED[name]
    found = Metadata(**{**vars(WHOLE), name: damaged})
    upright, warnings = upright_metadata(found, 6, SHAPE)
    assert len(warnings) == 1 and warnings[0].startswith(f"its {said} is damaged (")
    lost = [n for n in DAMAGED if getattr(upright, n) is None]
    assert lost == [name]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_mutated_blocks_raise_nothing(data):
    name = data.draw(st.sampled_from(list(DAMAGED)))
    spoilt = bytearray(getattr(WHOLE, name))
    for _ in range(data.draw(st.integers(1, 3))):
        at, noise = data.draw(st.integers(0, len(spoilt))), data.draw(st.binary(min_size=1, max_size=5))
        spoilt[at : at + len(noise)] = noise
    upright, warnings = upright_metadata(Metadata(**{**vars(WHOLE), name: bytes(spoilt)}), 6, SHAPE)
    assert getattr(upright, name) or warnings or name == "photoshop"
    assert all("damaged" in w for w in warnings)


def test_wrong_turns_of_numbers_are_no_resolution():
    zero = pack_block({0x011A: Field(5, 1, struct.pack("<II", 1, 0)), 0x011B: Field(5, 1, bytes(8))}, "<")
    assert upright_metadata(Metadata(zero), 1, SHAPE)[0].dpi is None
