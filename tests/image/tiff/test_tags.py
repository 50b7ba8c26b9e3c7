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
from tests.image.metadata.test_iptc import IIM
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
