import struct
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from colorize_cli.image.metadata.exif import (
    damaged_tags,
    exif_dpi,
    exif_orientation,
    restated_exif,
    stated_orientation,
    tag_warnings,
    upright_exif,
    with_dpi,
    without_orientation,
)
from colorize_cli.image.metadata.ifd import EXIF_IFD, Field, Tiff, pack_block


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


@pytest.mark.parametrize("damaged", [b"", b"II", b"XX*\0\x08\0\0\0", block()[:40]])
def test_a_damaged_block_is_refused(damaged):
    with pytest.raises(ValueError):
        upright_exif(damaged, 1, 1)


def test_orientation_is_read_even_from_a_block_cut_short():
    assert exif_orientation(block(8)[:-30]) == 8


def with_bad_tags():
    """A type that is unknown, a value outside, and directories that are not there or go in a circle."""
    rows = [(0x010F, 2, 3, b"Ab\0\0"), (0x0110, 99, 1, bytes(4)), (0x0131, 2, 500, b"\x08\0\0\0")]
    rows += [(0x013B, 2, 2, b"M\0\0\0"), (0x8769, 4, 1, b"\x08\0\0\0"), (0x8825, 4, 1, b"\xff\xff\0\0")]
    table = b"".join(struct.pack("<HHI", *row[:3]) + row[3] for row in rows)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(rows)) + table + bytes(4)


def test_a_bad_tag_costs_the_tag_and_is_named():
    before = with_bad_tags()
    after = upright_exif(before, 1, 1)
    assert dict(read(after)) == {0x010F: "Ab", 0x013B: "M"} and len(after) == len(before)
    assert damaged_tags(before) == (0x0110, 0x0131, 0x8769, 0x8825) and damaged_tags(after) == ()
    (said,) = tag_warnings("EXIF", damaged_tags(before))
    assert said == "its EXIF tags 0x0110, 0x0131, 0x8769, 0x8825 are damaged and left out"
    assert read(with_dpi(before, (300.0, 200.0)))[0x013B] == "M"


def test_a_block_cut_short_keeps_what_is_whole():
    after = read(upright_exif(block()[:-30], 1, 1))
    assert after[0x010E] == "a summer in 1912, by the lake"


def test_what_it_says_of_its_pixels_is_made_true():
    grey = pack_block({tag: Field(3, 1, bytes((n, 0))) for tag, n in ((258, 16), (262, 0), (277, 1))}, "<")
    found = read(restated_exif(grey, 3, 16))
    assert (found[258], found[262], found[277]) == ((16, 16, 16), 2, 3)
    assert read(restated_exif(grey, 3, 8))[258] == (8, 8, 8)
    assert restated_exif(block(), 3, 8) == block()


@given(st.integers(0, 300), st.binary(min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise_anything_but_value_error(at, noise):
    data = bytearray(block())
    data[at : at + len(noise)] = noise
    assert 1 <= exif_orientation(bytes(data)) <= 8
    with suppress(ValueError):
        upright_exif(bytes(data), 7, 9)


def maker(order="<"):
    """A block with maker notes that hold an absolute offset, behind them a resolution."""
    note = struct.pack(order + "II", 0x1234, 26)
    return pack_block(
        {
            0x0100: Field(4, 1, struct.pack(order + "I", 300)),
            0x0101: Field(4, 1, struct.pack(order + "I", 200)),
            0x0112: Field(3, 1, struct.pack(order + "H", 6)),
            0x011A: Field(5, 1, struct.pack(order + "II", 600, 1)),
            0x011B: Field(5, 1, struct.pack(order + "II", 300, 1)),
            0x0128: Field(3, 1, struct.pack(order + "H", 3)),
            EXIF_IFD: {0x927C: Field(7, 8, note)},
        },
        order,
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_turned_block_swaps_its_resolutions_and_keeps_every_place(order):
    before = maker(order)
    after = upright_exif(before, 200, 300, applied=6)
    assert len(after) == len(before) and exif_dpi(before) == (600 * 2.54, 300 * 2.54)
    assert exif_dpi(after) == (300 * 2.54, 600 * 2.54)
    tiff = Tiff(after)
    fields = tiff.directory(tiff.first)
    assert fields[0x0100].data == struct.pack(order + "I", 200)
    assert fields[0x0101].data == struct.pack(order + "I", 300)
    assert fields[EXIF_IFD][0x927C].data == struct.pack(order + "II", 0x1234, 26)
    note = struct.pack(order + "II", 0x1234, 26)
    assert before.index(note) == after.index(note)


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_subject_turns_in_place(order):
    exif = Image.Exif()
    exif.endian = order
    exif[0x0112], exif[0x8769] = 6, {0x9214: (80, 50, 32, 20), 0xA214: (80, 50)}
    before = exif.tobytes().removeprefix(b"Exif\0\0")
    details = read(upright_exif(before, 233, 320, applied=6)).get_ifd(0x8769)
    assert (details[0x9214], details[0xA214]) == ((183, 80, 20, 32), (183, 80))


def test_a_resolution_can_be_added_without_moving_maker_notes():
    before = maker(">")
    after = with_dpi(before, (72.0, 100.5))
    assert after[8 : len(before)] == before[8:]
    assert exif_dpi(after) == (72.0, 100.5)
    assert exif_dpi(with_dpi(None, (300.0, 200.0))) == (300.0, 200.0)
    assert read(with_dpi(block(1), (300.0, 200.0)))[0x010E] == "a summer in 1912, by the lake"


def test_an_orientation_can_be_taken_out():
    after = without_orientation(maker())
    assert stated_orientation(after) is None and stated_orientation(maker()) == 6
    assert exif_dpi(after) == exif_dpi(maker()) and without_orientation(after) == after


def test_an_orientation_in_a_byte_is_applied_and_reset():
    odd = pack_block({0x0112: Field(1, 1, b"\6")}, "<")
    assert exif_orientation(odd) == 6
    assert exif_orientation(upright_exif(odd, 1, 1)) == 1


def test_an_orientation_of_another_kind_is_neither_applied_nor_reset():
    odd = pack_block({0x0112: Field(2, 2, b"6\0")}, "<")
    assert exif_orientation(odd) == 1
    assert upright_exif(odd, 1, 1) == odd


@given(st.integers(0, 400), st.integers(0, 2**32 - 1) | st.integers(0, 60))
@settings(max_examples=150, deadline=None)
@example(92, 1)  # the count of the Exif directory
def test_a_lying_thumbnail_does_not_take_other_values_along(start, length):
    whole = bytearray(block(1))
    second = struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, start, 0x0202, 4, 1, length, 0)
    tiff = Tiff(bytes(whole))
    struct.pack_into("<I", whole, tiff.next_pointer(tiff.first), len(whole))
    before = tiff.directory(tiff.first)
    after = Tiff(upright_exif(bytes(whole + second + bytes(40)), 300, 200))
    assert after.directory(after.first) == before


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ('{"shape": [64, 80]}', False),
        ('{"shape": [2, 64, 80], "axes": "QYX"}', False),
        ("shape=(64, 80)", False),
        ('{"shape": [64, 80], "place": "by the lake"}', True),
        ("the shape=(64) of water", True),
    ],
)
def test_a_description_of_the_scans_array_is_none_of_the_picture(text, stays):
    exif = Image.Exif()
    exif[0x010E], exif[0x0131] = text, "scanner"
    found = read(restated_exif(exif.tobytes().removeprefix(b"Exif\0\0"), 3, 8))
    assert (found.get(0x010E), found[0x0131]) == (text if stays else None, "scanner")
