import io

import numpy as np
import pytest
import tifffile

from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.metadata.ifd import EXIF_IFD, GPS_IFD, Field, Tiff, pack_block
from colorize_cli.image.photo import Metadata
from colorize_cli.image.reading import read_photo
from colorize_cli.image.tiff.tags import tiff_metadata
from colorize_cli.image.tiff.writing import write_tiff
from tests.image.conftest import scene
from tests.image.metadata.test_ifd import NESTED
from tests.image.metadata.test_iptc import IIM, dataset
from tests.image.metadata.test_photoshop import PRINT, resource
from tests.image.metadata.test_provenance import EXISTING
from tests.image.test_reading import tiff

PIXELS = np.dstack([scene()] * 3)
WORDS = "Großmutter".encode() + b"\0"


def encode_tiff(pixels, metadata, big=False):
    file = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        if big:
            patch.setattr("colorize_cli.image.tiff.writing._CLASSIC_MOST", 0)
        write_tiff(file, [pixels], pixels.shape, False, metadata)
    return file.getvalue()


def blocks(data):
    with tifffile.TiffFile(io.BytesIO(data)) as found:
        return tiff_metadata(data, found.pages.first)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_blocks_come_back(order, big):
    directory = {269: Field(2, len(WORDS), WORDS), 270: Field(2, len(WORDS), WORDS), **NESTED}
    del directory[274]
    given = directory if order == "<" else {k: turned(f) for k, f in directory.items()}
    exif = pack_block(given, order)
    before = Metadata(exif, gamma_profile(1.8), EXISTING, (300.0, 200.0), IIM, PRINT)
    after, warnings = blocks(encode_tiff(PIXELS, before, big))
    assert warnings == () and after.dpi == (300.0, 200.0)
    assert (after.icc, after.xmp, after.iptc, after.photoshop) == (before.icc, before.xmp, IIM, PRINT)
    read = Tiff(after.exif)
    found = read.directory(read.first, only=(269, 270, EXIF_IFD, GPS_IFD))
    assert found == directory


def turned(field):
    return {k: turned(f) for k, f in field.items()} if isinstance(field, dict) else field.swapped()


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_tags_of_other_writers(byteorder, bigtiff):
    tags = [(270, 2, 0, WORDS, True), (285, 2, 0, b"p 7\0", True)]
    data = tiff(PIXELS, metadata=None, byteorder=byteorder, bigtiff=bigtiff, extratags=tags)
    found, warnings = blocks(data)
    read = Tiff(found.exif)
    assert read.directory(read.first)[270].data == WORDS and warnings == ()


def test_iptc_in_turned_words_and_in_resources():
    padded = IIM + bytes(-len(IIM) % 4)
    words = np.frombuffer(padded, ">u4").astype("<u4").tobytes()
    assert blocks(tiff(PIXELS, extratags=[(33723, 4, len(words) // 4, words, True)]))[0].iptc == IIM
    resources = resource(0x0404, IIM) + PRINT
    found = blocks(tiff(PIXELS, extratags=[(34377, 1, len(resources), resources, True)]))[0]
    assert (found.iptc, found.photoshop) == (IIM, PRINT)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ((33723, 7, 20, IIM[:20], True), "IPTC block"),
        ((34377, 1, 20, PRINT[:-4] + bytes(range(20 - len(PRINT) + 4)), True), "Photoshop block"),
        ((700, 1, 9, b"<x:broken", True), "XMP packet"),
        ((34675, 7, 9, b"no profil", True), "colour profile"),
    ],
)
def test_a_damaged_tag_costs_the_block_and_is_named(make, tag, said):
    photo = read_photo(make(tiff(PIXELS, metadata=None, software=False, extratags=[tag])))
    assert photo.metadata == Metadata()
    assert len(photo.warnings) == 1 and photo.warnings[0].startswith(f"its {said} is damaged (")


@pytest.mark.parametrize(("unit", "dpi"), [(1, None), (2, (300.0, 200.0)), (3, (762.0, 508.0))])
def test_units_of_resolution(unit, dpi):
    data = tiff(PIXELS, resolution=(300, 200), resolutionunit=unit)
    assert blocks(data)[0].dpi == dpi


def test_a_comment_in_unicode_turns_with_the_file():
    comment = b"UNICODE\0" + "Größe".encode("utf-16-be")
    exif = pack_block({EXIF_IFD: {0x9286: Field(7, len(comment), comment)}}, ">")
    read = Tiff(blocks(encode_tiff(PIXELS, Metadata(exif)))[0].exif)
    assert read.directory(read.first)[EXIF_IFD][0x9286].data[8:].decode("utf-16-le") == "Größe"


def test_exif_beside_the_pixels_travels():
    """As in TIFF/EP: time, exposure and comment stand in the first directory."""
    when, comment = b"1998:05:01 10:00:00\0", b"ASCII\0\0\0grandmother"
    half = np.array([1, 2], "<u4").tobytes()
    tags = [(36867, 2, len(when), when, True), (33434, 5, 1, (1, 2), True), (37510, 7, 19, comment, True)]
    found, warnings = blocks(tiff(PIXELS, metadata=None, extratags=tags))
    assert warnings == () and set(directory_of(found)) >= {EXIF_IFD} and 36867 not in directory_of(found)
    again = directory_of(blocks(encode_tiff(PIXELS, found))[0])[EXIF_IFD]
    assert (again[36867].data, again[33434].data, again[37510].data) == (when, half, comment)


def directory_of(metadata):
    read = Tiff(metadata.exif)
    return read.directory(read.first)


SCALE = (33550, 12, 3, np.array([10.0, 10.0, 0.0]).tobytes(), True)


@pytest.mark.parametrize(("orientation", "kept"), [(1, True), (6, False)])
def test_a_place_on_a_map_travels_where_it_holds(orientation, kept):
    turned = (274, 3, 1, bytes((orientation, 0)), True)
    found, warnings = blocks(tiff(PIXELS, metadata=None, extratags=[SCALE, turned]))
    assert (33550 in directory_of(found), len(warnings)) == (kept, 0 if kept else 1)
    again = blocks(encode_tiff(PIXELS, found))[0]
    assert not kept or directory_of(again)[33550].data == SCALE[3]


@pytest.mark.parametrize("rest", range(4))
def test_iptc_keeps_its_length(rest):
    block = IIM + dataset(105, b"x" * (4 + rest))
    assert blocks(encode_tiff(PIXELS, Metadata(iptc=block)))[0].iptc == block


def test_a_second_iptc_block_stays_among_the_resources():
    other = resource(0x0404, IIM + dataset(105, b"other"))
    tags = [(33723, 7, len(IIM), IIM, True), (34377, 1, len(other), other, True)]
    found = blocks(tiff(PIXELS, extratags=tags))[0]
    assert (found.iptc, found.photoshop) == (IIM, other)


def test_a_bad_tag_costs_the_tag_and_is_named():
    exif = {0x9286: Field(7, 9, b"123456789"), 0x9003: Field(2, 2, b"1\0")}
    data = bytearray(encode_tiff(PIXELS, Metadata(pack_block({EXIF_IFD: exif}, "<"))))
    at = data.rindex(b"\x86\x92\x07\0")
    data[at + 8 : at + 12] = b"\xff\xff\xff\x7f"
    found, warnings = blocks(bytes(data))
    assert warnings == ("its EXIF tag 0x9286 is damaged and left out",)
    assert directory_of(found)[EXIF_IFD] == {0x9003: Field(2, 2, b"1\0")}


def test_pixels_that_are_not_square_are_named():
    (said,) = blocks(tiff(PIXELS, resolution=(2, 1), resolutionunit=1))[1]
    assert "not square (2 to 1" in said
