import io

import numpy as np
import pytest
import simplejpeg
from PIL import Image, IptcImagePlugin

from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.jpeg.segments import XMP_PREFIX, jpeg_metadata, jpeg_with_metadata
from colorize_cli.image.metadata.exif import EXIF_PREFIX
from colorize_cli.image.metadata.provenance import provenance_in, xmp_packet
from colorize_cli.image.metadata.xmp import PHOTOSHOP, Packet
from colorize_cli.image.photo import Metadata
from colorize_cli.image.png.chunks import png_metadata_chunks
from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene
from tests.image.metadata.test_exif import block
from tests.image.metadata.test_iptc import IIM
from tests.image.metadata.test_photoshop import PRINT
from tests.image.test_reading import png

LONG = bytes(range(256)) * 600  # 150 kB: three segments
ALL = Metadata(exif=block(1), icc=LONG, xmp=b"<x/>", dpi=(300.0, 200.0))
JPEG = simplejpeg.encode_jpeg_yuv_planes(scene(), None, None)


def with_metadata(data, metadata):
    return b"".join(jpeg_with_metadata([data], metadata))


def test_jpeg_blocks_come_back():
    assert jpeg_metadata(with_metadata(JPEG, ALL)) == (ALL, ())
    assert jpeg_metadata(with_metadata(JPEG, Metadata())) == (Metadata(), ())


def png_with(data, metadata):
    return data[:33] + b"".join(png_metadata_chunks(metadata)) + data[33:]


def test_pillow_reads_the_jpeg_and_the_png():
    for data in (with_metadata(JPEG, ALL), png_with(png(scene()), ALL)):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.info["icc_profile"] == LONG
            assert image.info["xmp"] == b"<x/>"
            assert image.info["dpi"] == pytest.approx((300, 200), abs=0.02)
            assert image.getexif()[0x010E] == "a summer in 1912, by the lake"


def test_an_exif_block_too_long_for_a_segment_is_left_out():
    assert with_metadata(JPEG, Metadata(exif=bytes(70_000))) == JPEG


def test_pixels_are_untouched():
    with_blocks = simplejpeg.decode_jpeg(with_metadata(JPEG, ALL), "GRAY")
    np.testing.assert_array_equal(with_blocks, simplejpeg.decode_jpeg(JPEG, "GRAY"))


def segment(marker, body):
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def with_segments(*segments):
    return JPEG[:20] + b"".join(segments) + JPEG[20:]


def exif(body):
    return segment(0xE1, EXIF_PREFIX + body)


def test_iptc_comments_and_long_xmp_come_back(provenance):
    packet = Packet()
    packet.put({f"{{{PHOTOSHOP}}}History": "x" * 150_000})
    texts = (("Comment", "Großmutter"), ("Comment", "M\udcfcller"))
    before = Metadata(
        xmp=xmp_packet(provenance, packet.to_bytes()), iptc=IIM, photoshop=PRINT * 4000, texts=texts
    )
    after, warnings = jpeg_metadata(with_metadata(JPEG, before))
    assert warnings == ()
    assert Packet.parse(after.xmp).get(f"{{{PHOTOSHOP}}}History") == "x" * 150_000
    assert (after.iptc, after.photoshop, after.texts) == (IIM, PRINT * 4000, texts)


def test_pillow_reads_the_iptc():
    data = with_metadata(JPEG, Metadata(iptc=IIM, texts=(("Comment", "by hand"),)))
    with Image.open(io.BytesIO(data)) as image:
        found = IptcImagePlugin.getiptcinfo(image)
        assert found[2, 120] == b"Am See" and found[2, 25] == [b"lake", "Großmutter".encode()]
        assert image.info["comment"] == b"by hand"


def test_a_second_exif_block_is_named():
    found, warnings = jpeg_metadata(with_segments(exif(block(6)), exif(block(3))))
    assert found.exif == block(6) and "several EXIF blocks" in warnings[0]
    assert jpeg_metadata(with_segments(exif(block(6)), exif(block(6))))[1] == ()


def test_an_exif_block_in_two_segments_is_joined():
    found, warnings = jpeg_metadata(with_segments(exif(block(6)[:50]), exif(block(6)[50:])))
    assert (found.exif, warnings) == (block(6), ())


def test_stray_bytes_do_not_hide_what_follows():
    assert jpeg_metadata(with_segments(b"\1\2\3", exif(block(6))))[0].exif == block(6)


@pytest.mark.parametrize(
    ("segments", "said"),
    [
        ([segment(0xED, b"Photoshop 3.0\0" + PRINT[:-3])], "IPTC and Photoshop block"),
        ([exif(block()[:30])], "EXIF block"),
        ([segment(0xE1, XMP_PREFIX + b"<broken")], "XMP packet"),
        ([segment(0xE2, b"ICC_PROFILE\0\1\1" + gamma_profile(1.8)[:200])], "colour profile"),
    ],
)
def test_a_damaged_segment_costs_the_block_and_is_named(make, segments, said):
    photo = read_photo(make(with_segments(*segments)))
    assert photo.metadata == Metadata()
    assert len(photo.warnings) == 1 and photo.warnings[0].startswith(f"its {said} is damaged (")


def test_a_damaged_extension_costs_the_extension(make, provenance):
    packet = Packet()
    packet.put({f"{{{PHOTOSHOP}}}History": "x" * 150_000})
    data = with_metadata(JPEG, Metadata(xmp=xmp_packet(provenance, packet.to_bytes())))
    photo = read_photo(make(data.replace(b"xxxxxxx", b"yxxxxxx", 1)))
    assert provenance_in(photo.metadata.xmp) == provenance
    assert len(photo.warnings) == 1 and "extension of its XMP" in photo.warnings[0]
