"""Strips and tiles: what is odd is read, what is damaged or would fill memory is refused by name."""

import io
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from colorize_cli.errors import PhotoError
from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene
from tests.image.tiff.raw import LONG, ROWS, SHORT, page, raw_tiff

SCENE = scene()
HEIGHT, WIDTH = SCENE.shape
ENCODERS = {
    1: bytes,
    5: imagecodecs.lzw_encode,
    8: imagecodecs.zlib_encode,
    32773: imagecodecs.packbits_encode,
    34925: imagecodecs.lzma_encode,
}


@pytest.mark.parametrize("compression", ENCODERS)
def test_more_bytes_than_there_should_be_are_no_damage(make, compression):
    encode, rows = ENCODERS[compression], 32
    data, padding = SCENE.tobytes(), bytes(WIDTH * 4)
    pages = [
        raw_tiff(page(WIDTH, HEIGHT, [8], 1, compression), [encode(data + padding)]),
        raw_tiff(page(WIDTH, HEIGHT, [8], 1, compression), [encode(data) + b"\0"]),
        raw_tiff(
            page(WIDTH, HEIGHT, [8], 1, compression) | {ROWS: (SHORT, rows)},
            [encode(data[: rows * WIDTH]), encode(data[rows * WIDTH :] + padding)],
        ),
        raw_tiff(page(WIDTH, HEIGHT, [8], 1, compression) | {ROWS: (LONG, 2**32 - 1)}, [encode(data)]),
    ]
    for made in pages:
        np.testing.assert_array_equal(read_photo(make(made)).luma, SCENE)


@pytest.mark.parametrize(
    "compression", [None, "lzw", "zlib", "packbits", "zstd", "lzma", "jpeg", "jpeg2000", "lerc"]
)
@pytest.mark.parametrize("kept", [0.97, 0.75])
def test_a_page_cut_short_is_damaged(make, compression, kept):
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
    out = io.BytesIO()
    tifffile.imwrite(out, noise, compression=compression)
    data = out.getvalue()
    with pytest.raises(PhotoError, match="damaged or cut short"):
        read_photo(make(data[: int(len(data) * kept)]))


def test_a_flipped_bit_in_a_checked_stream_is_damage(make):
    encoded = bytearray(zlib.compress(np.random.default_rng(0).bytes(SCENE.size)))
    encoded[len(encoded) // 2] ^= 4
    with pytest.raises(PhotoError, match="damaged or cut short"):
        read_photo(make(raw_tiff(page(WIDTH, HEIGHT, [8], 1, 8), [bytes(encoded)])))


def test_strips_that_are_missing_are_no_picture(make):
    short = raw_tiff(page(WIDTH, HEIGHT, [8], 1) | {ROWS: (SHORT, 20)}, [SCENE[:20].tobytes()] * 2)
    with pytest.raises(PhotoError, match="list of strips or tiles is too short"):
        read_photo(make(short))
    empty = raw_tiff(page(WIDTH, HEIGHT, [8], 1, 8) | {ROWS: (SHORT, 30)}, [b"", b""])
    with pytest.raises(PhotoError, match="left out is not supported"):
        read_photo(make(empty))


@pytest.mark.parametrize(("bits", "samples", "side"), [(16, 3, 22_000), (32, 60, 4_000), (64, 3, 12_000)])
def test_a_strip_that_inflates_to_gigabytes_is_refused_before(make, bits, samples, side):
    tags = page(side, side, [bits] * samples, 2, 8) | {339: (SHORT, [3 if bits == 64 else 1] * samples)}
    with pytest.raises(PhotoError, match=r"would take [\d.]+ GB in memory, far more than the file"):
        read_photo(make(raw_tiff(tags, [zlib.compress(bytes(10**6))])))


def test_a_tile_larger_than_any_picture_is_refused_before(make):
    tags = page(64, 64, [8], 1, 8) | {322: (LONG, 60_000), 323: (LONG, 60_000)}
    del tags[ROWS]
    with pytest.raises(PhotoError, match=r"would take 3\.6 GB"):
        read_photo(make(raw_tiff(tags, [zlib.compress(bytes(4096))])))


@pytest.mark.parametrize("compression", [7, 34712, 34887, 50001])
def test_a_picture_much_larger_than_its_strip_is_not_decoded(make, compression):
    large = np.zeros((1000, 1500, 3), np.uint8)
    encode = {
        7: imagecodecs.jpeg_encode,
        34712: imagecodecs.jpeg2k_encode,
        34887: imagecodecs.lerc_encode,
        50001: imagecodecs.webp_encode,
    }[compression]
    with pytest.raises(PhotoError, match="64 x 64 pixels holds a picture of 1500 x 1000"):
        read_photo(make(raw_tiff(page(64, 64, [8] * 3, 2, compression), [encode(large)])))


def test_only_max_mpixels_limits_a_large_scan(make):
    out = io.BytesIO()
    Image.new("1", (13_500, 13_300), 1).save(out, "TIFF", compression="group4")
    path = make(out.getvalue())
    assert read_photo(path).luma.shape == (13_300, 13_500)
    with pytest.raises(PhotoError, match="more than the limit of 179 megapixels"):
        read_photo(path, max_mpixels=179)
