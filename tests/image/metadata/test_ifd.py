import io
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.image.metadata.ifd import EXIF_IFD, GPS_IFD, INTEROP_IFD, Field, Tiff, pack_block
from tests.image.test_reading import tiff

TEXT = Field(2, 6, b"hello\0")
NESTED = {
    270: TEXT,
    274: Field(3, 1, b"\1\0"),
    EXIF_IFD: {0x9286: Field(7, 9, b"123456789"), INTEROP_IFD: {1: Field(2, 4, b"R98\0")}},
    GPS_IFD: {2: Field(5, 1, struct.pack("<II", 51, 1))},
}


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_is_packed_is_read(order):
    tiff = Tiff(pack_block(NESTED, order))
    assert (tiff.order, tiff.directory(tiff.first)) == (order, NESTED)


def test_only_what_is_asked_for_is_read():
    tiff = Tiff(pack_block(NESTED, "<"))
    assert tiff.directory(tiff.first, only=(270,)) == {270: TEXT}


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_files_of_another_writer(bigtiff, byteorder):
    data = tiff(np.zeros((4, 5), np.uint8), bigtiff=bigtiff, byteorder=byteorder, software="scanner")
    found = Tiff(data)
    fields = found.directory(found.first)
    assert fields[305].data.rstrip(b"\0") == b"scanner"
    assert fields[277].data == struct.pack(byteorder + "H", 1)


def test_values_turn_in_their_numbers():
    assert Field(3, 2, b"\1\2\3\4").swapped().data == b"\2\1\4\3"
    assert Field(5, 1, bytes(range(8))).swapped().data == b"\3\2\1\0\7\6\5\4"
    assert TEXT.swapped() == TEXT


def test_tifffile_reads_what_is_packed():
    block = pack_block({256: Field(3, 1, b"\5\0"), 257: Field(3, 1, b"\4\0"), 270: TEXT}, "<")
    with tifffile.TiffFile(io.BytesIO(block)) as found:
        assert found.pages.first.tags[270].value == "hello"


@pytest.mark.parametrize(
    "row",
    [(EXIF_IFD, 4, 1, 8), (EXIF_IFD, 4, 1, 999), (271, 2, 500, 8), (271, 99, 1, 8), (0xA005, 4, 1, 8)],
)
def test_a_damaged_tag_costs_the_tag(row):
    rows = struct.pack("<HHIHHHHII", 270, 2, 2, 65, 0, *row)
    found = Tiff(b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + rows + bytes(4))
    assert found.directory(8) == {270: Field(2, 2, b"A\0")}
    assert found.damaged == [row[0]]
    assert [entry.tag for entry in found.sound(8)][:1] == [270]


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        (b"II*\0\x08\0\0\0" + struct.pack("<H", 5), "points outside"),
        (b"II", "points outside"),
        (b"JJ*\0\x08\0\0\0", "no TIFF header"),
    ],
)
def test_damage_is_named(block, fault):
    with pytest.raises(ValueError, match=fault):
        found = Tiff(block)
        found.directory(found.first)


def test_a_small_file_cannot_grow_by_fields_that_overlap():
    rows = b"".join(struct.pack("<HHII", 400 + i, 2, 600, 8) for i in range(60))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 60) + rows + bytes(4)
    found = Tiff(block)
    assert sum(len(field.data) for field in found.directory(8).values()) <= len(block)
    assert len(found.damaged) > 50


@given(st.integers(0, 200), st.binary(min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise_anything_but_value_error(at, noise):
    data = bytearray(pack_block(NESTED, "<"))
    data[at : at + len(noise)] = noise
    try:
        found = Tiff(bytes(data))
        pack_block(found.directory(found.first), "<")
    except ValueError as error:
        assert str(error)
