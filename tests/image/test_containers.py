import io

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from colorize_cli.image.containers import (
    check_png,
    jpeg_metadata,
    jpeg_with_metadata,
    png_metadata_chunks,
)
from colorize_cli.image.photo import Metadata
from tests.image.conftest import scene
from tests.image.test_metadata import block
from tests.image.test_reading import png

LONG = bytes(range(256)) * 600  # 150 kB: three segments
ALL = Metadata(exif=block(1), icc=LONG, xmp=b"<x/>", dpi=(300.0, 200.0))
JPEG = simplejpeg.encode_jpeg_yuv_planes(scene(), None, None)


def test_jpeg_blocks_come_back():
    assert jpeg_metadata(jpeg_with_metadata(JPEG, ALL)) == ALL
    assert jpeg_metadata(jpeg_with_metadata(JPEG, Metadata())) == Metadata()


def png_with(data, metadata):
    return data[:33] + b"".join(png_metadata_chunks(metadata)) + data[33:]


def test_pillow_reads_the_jpeg_and_the_png():
    for data in (jpeg_with_metadata(JPEG, ALL), png_with(png(scene()), ALL)):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.info["icc_profile"] == LONG
            assert image.info["xmp"] == b"<x/>"
            assert image.info["dpi"] == pytest.approx((300, 200), abs=0.02)
            assert image.getexif()[0x010E] == "a summer in 1912, by the lake"


def test_a_block_too_long_for_a_segment_is_left_out():
    data = jpeg_with_metadata(JPEG, Metadata(exif=bytes(70_000), xmp=bytes(70_000)))
    assert data == JPEG


def test_pixels_are_untouched():
    with_blocks = simplejpeg.decode_jpeg(jpeg_with_metadata(JPEG, ALL), "GRAY")
    np.testing.assert_array_equal(with_blocks, simplejpeg.decode_jpeg(JPEG, "GRAY"))


def test_png_checksums():
    data = png(scene())
    check_png(data)
    for spoilt in (data[:-1], data[:60] + b"\x55\xaa" + data[62:], data[:8]):
        with pytest.raises(ValueError):
            check_png(spoilt)
