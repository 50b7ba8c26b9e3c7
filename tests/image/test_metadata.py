import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorize_cli.image.metadata import check_icc, exif_orientation, icc_for_rgb, upright_exif


def block(orientation=6, order="<"):
    exif = Image.Exif()
    exif.endian = order
    exif[0x0112], exif[0x010E] = orientation, "a summer in 1912, by the lake"
    exif[0x8769] = {0xA002: 300, 0xA003: 200, 0x9003: "1999:01:02 03:04:05"}
    exif[0x8825] = {1: "N", 2: (51.0, 30.0, 0.0)}
    return exif.tobytes().removeprefix(b"Exif\0\0")


def with_thumbnail():
    """Two directories; the second points at ten bytes of thumbnail at the end."""
    first = struct.pack("<HHHIIi", 1, 0x0112, 3, 1, 8, 26)
    second = struct.pack("<HHHIIHHIIi", 2, 0x0201, 4, 1, 56, 0x0202, 4, 1, 10, 0)
    return b"II*\0\x08\0\0\0" + first + second + b"T" * 10


def read(data):
    exif = Image.Exif()
    exif.load(data)
    return exif


@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_and_size_are_set_and_the_rest_is_kept(order):
    before = block(order=order)
    after = upright_exif(before, 200, 300)
    assert len(after) == len(before)
    found = read(after)
    assert found[0x0112] == 1
    assert found[0x010E] == "a summer in 1912, by the lake"
    details = found.get_ifd(0x8769)
    assert (details[0xA002], details[0xA003], details[0x9003]) == (200, 300, "1999:01:02 03:04:05")
    assert found.get_ifd(0x8825)[2] == (51.0, 30.0, 0.0)


def test_the_thumbnail_goes():
    data = with_thumbnail()
    after = upright_exif(data, 1, 1)
    assert b"T" not in after
    assert len(after) == len(data) - 10
    assert exif_orientation(data) == 8 and exif_orientation(after) == 1


@pytest.mark.parametrize("damaged", [b"", b"II", b"XX*\0\x08\0\0\0", block()[:40], block()[:-30]])
def test_a_damaged_block_is_refused(damaged):
    with pytest.raises(ValueError):
        upright_exif(damaged, 1, 1)


def test_orientation_is_read_even_from_a_block_cut_short():
    assert exif_orientation(block(8)[:-30]) == 8


def test_directories_in_a_circle_are_refused():
    circle = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 8, 0)
    with pytest.raises(ValueError, match="circle"):
        upright_exif(circle, 1, 1)


@given(st.integers(0, 300), st.binary(min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise_anything_but_value_error(at, noise):
    data = bytearray(block())
    data[at : at + len(noise)] = noise
    assert 1 <= exif_orientation(bytes(data)) <= 8
    with suppress(ValueError):
        upright_exif(bytes(data), 7, 9)


def profile(space):
    return struct.pack(">I", 132) + bytes(12) + space + bytes(16) + b"acsp" + bytes(92)


def test_only_whole_profiles_pass_and_only_rgb_ones_go_on_colour():
    check_icc(profile(b"GRAY"))
    for damaged in (b"", profile(b"RGB ")[:100], b"\xff" + profile(b"RGB ")[1:], bytes(200)):
        with pytest.raises(ValueError):
            check_icc(damaged)
    assert icc_for_rgb(profile(b"RGB ")) == profile(b"RGB ")
    assert icc_for_rgb(profile(b"GRAY")) is None
    assert icc_for_rgb(None) is None
