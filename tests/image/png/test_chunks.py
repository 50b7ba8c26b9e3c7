import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.icc.profile import space_of
from colorize_cli.image.photo import Metadata
from colorize_cli.image.png.chunks import bare_png, check_png, png_metadata, png_metadata_chunks
from colorize_cli.image.png.texts import pack_raw, pack_text
from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene
from tests.image.metadata.test_exif import block
from tests.image.metadata.test_iptc import IIM
from tests.image.metadata.test_photoshop import PRINT
from tests.image.metadata.test_provenance import EXISTING
from tests.image.test_reading import png

PNG = png(scene())
TEXTS = (("Title", "Großmutter"), ("Comment", "a\nb"))
ALL = Metadata(block(1), gamma_profile(1.8), EXISTING, (300.0, 200.0), IIM, PRINT, TEXTS)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with_metadata(data, metadata):
    return data[:33] + b"".join(png_metadata_chunks(metadata)) + data[33:]


def with_chunks(*chunks, at=33):
    return PNG[:at] + b"".join(chunks) + PNG[at:]


def test_the_blocks_come_back():
    found, warnings = png_metadata(png_with_metadata(PNG, ALL))
    assert warnings == ()
    assert found.dpi == pytest.approx(ALL.dpi, abs=0.02)
    assert {**vars(found), "dpi": None} == {**vars(ALL), "dpi": None}


def test_pillow_reads_them():
    with Image.open(io.BytesIO(png_with_metadata(PNG, ALL))) as image:
        image.load()
        assert image.info["Title"] == "Großmutter" and image.info["Comment"] == "a\nb"
        assert image.getexif()[0x010E] == "a summer in 1912, by the lake"
        assert image.info["icc_profile"] == ALL.icc


def test_blocks_behind_the_pixels_are_found():
    late = PNG[:-12] + chunk(b"eXIf", block(6)) + PNG[-12:]
    assert png_metadata(late)[0].exif == block(6)


@pytest.mark.parametrize("packed", [False, True])
def test_xmp_of_other_writers(packed):
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", EXISTING.decode(), zip=packed)
    out = io.BytesIO()
    Image.fromarray(scene()).save(out, "PNG", pnginfo=info)
    assert png_metadata(out.getvalue())[0].xmp == EXISTING


@pytest.mark.parametrize("kind", ["exif", "APP1"])
def test_exif_as_imagemagick_puts_it(make, kind):
    raw = chunk(b"zTXt", pack_raw(kind, b"Exif\0\0" + block(6)))
    assert png_metadata(with_chunks(raw))[0].exif == block(6)
    assert read_photo(make(with_chunks(raw))).luma.shape == (80, 60)


def test_texts_of_the_program_and_of_file_times_are_passed_over():
    passing = [
        chunk(b"tEXt", text) for text in (b"date:create\x001912", b"Software\0x", b"Author\0M\xfcller")
    ]
    assert png_metadata(with_chunks(*passing))[0].texts == (("Author", "Müller"),)


@pytest.mark.parametrize(("gamma", "exponent"), [(55556, 1.8), (100000, 1.0), (45455, None), (0, None)])
def test_an_unusual_gamma_becomes_a_profile(gamma, exponent):
    icc = png_metadata(with_chunks(chunk(b"gAMA", struct.pack(">I", gamma))))[0].icc
    assert (icc is None) is (exponent is None)
    if exponent:
        expected = space_of(gamma_profile(exponent)).to_srgb
        np.testing.assert_allclose(space_of(icc).to_srgb, expected, atol=70)


def test_srgb_says_more_than_gamma():
    both = chunk(b"sRGB", b"\0") + chunk(b"gAMA", struct.pack(">I", 55556))
    assert png_metadata(with_chunks(both))[0].icc is None


DAMAGED = {
    "EXIF block": chunk(b"eXIf", block())[:-1] + b"?",
    "XMP packet": chunk(b"iTXt", pack_text("XML:com.adobe.xmp", EXISTING.decode()))[:-1] + b"?",
    "colour profile": chunk(b"iCCP", b"x\0\0" + zlib.compress(gamma_profile(1.8))[:-8]),
    "text 'Raw profile type iptc'": chunk(
        b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(b"\niptc\n 9\nzz")
    ),
    "IPTC text": chunk(b"zTXt", pack_raw("iptc", b"8BIMx")),
}


@pytest.mark.parametrize("said", DAMAGED)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_damaged_chunk_costs_the_block_and_is_named(make, said, dtype):
    whole = png(scene(dtype=dtype))
    photo = read_photo(make(whole[:33] + DAMAGED[said] + whole[33:]))
    assert photo.metadata == Metadata()
    assert len(photo.warnings) == 1 and photo.warnings[0].startswith(f"its {said} is damaged (")


def test_a_text_that_grows_without_end_is_left_out():
    bomb = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(70 << 20)))
    assert "longer than" in png_metadata(with_chunks(bomb))[1][0]


def test_texts_that_grow_together_are_left_out():
    bombs = [chunk(b"zTXt", b"a%d\0\0" % i + zlib.compress(bytes(30 << 20))) for i in range(9)]
    found, warnings = png_metadata(with_chunks(*bombs))
    assert [key for key, _ in found.texts] == ["a0", "a1"]
    assert len(warnings) == 7 and all("longer than" in warning for warning in warnings)


OPTIONAL = {
    b"sRGB": b"\0",
    b"cHRM": bytes(32),
    b"gAMA": struct.pack(">I", 55556),
    b"sBIT": b"\x08",
    b"bKGD": b"\0\0",
    b"tRNS": b"\0\0",
    b"cLLI": bytes(8),
    b"prVt": b"x",
}


@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_wrong_checksum_costs_an_optional_chunk(make, name, dtype):
    whole = png(scene(dtype=dtype))
    photo = read_photo(make(whole[:33] + chunk(name, OPTIONAL[name])[:-1] + b"?" + whole[33:]))
    np.testing.assert_array_equal(photo.luma, scene(dtype=dtype))
    assert photo.alpha is None and photo.metadata.icc is None
    assert len(photo.warnings) == 1 and "is damaged (its checksum is wrong) and left out" in photo.warnings[0]


def test_decoders_see_pixels_only():
    assert bare_png(png_with_metadata(PNG, Metadata(exif=block(), texts=TEXTS))) == PNG
    assert bare_png(PNG) is PNG


def test_png_checksums():
    check_png(PNG)
    for spoilt in (PNG[:-1], PNG[:60] + b"\x55\xaa" + PNG[62:], PNG[:8]):
        with pytest.raises(ValueError):
            check_png(spoilt)


@pytest.mark.parametrize("block", [IIM, IIM + b"\0"])
def test_bare_iptc_data_travels(block):
    found, warnings = png_metadata(with_chunks(chunk(b"zTXt", pack_raw("iptc", block))))
    assert (found.iptc, found.photoshop, warnings) == (block, None, ())


@pytest.mark.parametrize(("across", "unit", "said"), [(2, 0, 1), (1, 0, 0), (2, 1, 0)])
def test_pixels_that_are_not_square_are_named(across, unit, said):
    warnings = png_metadata(with_chunks(chunk(b"pHYs", struct.pack(">IIB", across, 1, unit))))[1]
    assert len(warnings) == said and all("not square (2 to 1" in text for text in warnings)


@pytest.mark.parametrize("name", [b"sRGB", b"bKGD", b"cHRM", b"gAMA", b"sBIT", b"cLLI", b"tRNS", b"pHYs"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_optional_chunk_of_a_wrong_checksum_costs_the_chunk(make, name, dtype):
    whole, wrong = png(scene(dtype=dtype)), bytearray(chunk(name, b"\0\0"))
    wrong[-1] ^= 1
    found = read_photo(make(whole[:33] + wrong + whole[33:]))
    np.testing.assert_array_equal(found.luma, scene(dtype=dtype))
    (said,) = found.warnings
    assert said.endswith("is damaged (its checksum is wrong) and left out") and found.alpha is None
