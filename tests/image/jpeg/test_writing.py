import io

import cv2
import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.cielab import bt601_luma
from colorize_cli.image.encoding import Encoding, Subsampling
from colorize_cli.image.jpeg.writing import chroma_planes, encode_jpeg
from tests.image.conftest import coded, field, photo, scene


def canvas(luma):
    return Canvas(photo(luma))


def rgb_of(luma, cb, cr, step):
    """RGB before any clipping, the chroma repeated over its pixels."""
    shape = luma.shape
    blue, red = (
        p.astype(float).repeat(step, 0).repeat(step, 1)[: shape[0], : shape[1]] - 128 for p in (cb, cr)
    )
    shifts = (1.402 * red, -0.344136 * blue - 0.714136 * red, 1.772 * blue)
    return np.stack([luma + shift for shift in shifts])


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 3), (7, 9), (16, 16), (33, 50)])
@pytest.mark.parametrize("subsampling", list(Subsampling))
def test_odd_sizes_come_back_whole(size, subsampling):
    luma = scene(*size)
    data = coded(canvas(luma), field(), Encoding("jpeg", 95, subsampling))
    decoded = simplejpeg.decode_jpeg(data, "GRAY")[..., 0]
    assert decoded.shape == size
    assert np.abs(decoded.astype(int) - luma).max() <= 12


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 90),
    quality=st.integers(1, 100),
    strength=st.floats(0, 128),
    subsampling=st.sampled_from(list(Subsampling)),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_luminance_plane_is_the_scans_whatever_the_colour(
    height, width, quality, strength, subsampling, seed
):
    rng = np.random.default_rng(seed)
    luma = rng.integers(0, 256, (height, width), dtype=np.uint8)
    ab = rng.uniform(-strength, strength, (2, 9, 9)).astype(np.float32)
    plain = simplejpeg.encode_jpeg_yuv_planes(luma, None, None, quality=quality)
    ours = coded(canvas(luma), ab, Encoding("jpeg", quality, subsampling))
    np.testing.assert_array_equal(simplejpeg.decode_jpeg(ours, "GRAY"), simplejpeg.decode_jpeg(plain, "GRAY"))


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("size", [(16, 17), (17, 16), (5, 5), (33, 51)])
def test_memory_behind_the_plane_decides_nothing(size, separate):
    behind, pictures = scene(size[0] + 2, size[1]), []
    for filling in (0, 255):
        behind[size[0] :] = filling
        pictures.append(coded(canvas(behind[: size[0]]), field(), Encoding("jpeg", separate_scans=separate)))
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("size", [(1, 1), (5, 9), (33, 50), (64, 64)])
@pytest.mark.parametrize("subsampling", list(Subsampling))
def test_one_scan_or_three_are_the_same_picture(size, subsampling):
    encodings = [Encoding("jpeg", 80, subsampling, separate_scans=separate) for separate in (True, False)]
    files = [coded(canvas(scene(*size)), field(), encoding) for encoding in encodings]
    assert [data.count(b"\xff\xda") for data in files] == [3, 1]
    # TurboJPEG takes a faster, coarser DCT for the one scan.
    three, one = (simplejpeg.decode_jpeg(data, "RGB").astype(int) for data in files)
    assert np.abs(three - one).mean() <= 1.5
    np.testing.assert_array_equal(*(simplejpeg.decode_jpeg(data, "GRAY") for data in files))


def test_variants_share_the_bytes_of_their_luminance():
    shared, pictures = canvas(scene()), []
    for seed in (1, 2):
        pictures.append(encode_jpeg(shared, field(seed=seed), Encoding("jpeg", separate_scans=True)))
    scans = [max(pieces, key=len) for pieces in pictures]
    assert scans[0] is scans[1]


@pytest.mark.parametrize("subsampling", list(Subsampling))
def test_luma_in_rgb_differs_only_where_compressed_chroma_is_clipped(subsampling):
    rng = np.random.default_rng(0)
    luma = scene(120, 160) ^ rng.integers(0, 16, (120, 160), dtype=np.uint8)
    ab = rng.normal(0, 60, (2, 40, 40)).astype(np.float32)
    data = coded(canvas(luma), ab, Encoding("jpeg", 92, subsampling))
    with Image.open(io.BytesIO(data)) as image:
        image.draft("YCbCr", image.size)
        y, cb, cr = np.moveaxis(np.asarray(image), -1, 0)
    unclipped = rgb_of(y, cb, cr, 1)
    inside = ((unclipped > -0.5) & (unclipped < 255.5)).all(axis=0)
    shown = bt601_luma(simplejpeg.decode_jpeg(data, "RGB").astype(np.float32))
    assert 0.5 < inside.mean() < 1
    assert np.abs(shown - y)[inside].max() < 0.6


@pytest.mark.parametrize(("subsampling", "name"), [("4:2:0", "420"), ("4:4:4", "444")])
def test_chroma_planes_have_the_size_of_the_subsampling(subsampling, name):
    data = coded(canvas(scene()), field(), Encoding("jpeg", 90, Subsampling(subsampling)))
    assert simplejpeg.decode_jpeg_header(data)[3] == name


@given(st.integers(0, 2**32 - 1), st.floats(0, 150), st.sampled_from([1, 2]))
@settings(max_examples=40, deadline=None)
def test_no_pixel_under_a_sample_leaves_rgb(seed, strength, step):
    rng = np.random.default_rng(seed)
    luma = rng.integers(0, 256, (21, 34), dtype=np.uint8)
    ab = rng.uniform(-strength, strength, (2, 6, 6)).astype(np.float32)
    rgb = rgb_of(luma, *chroma_planes(canvas(luma), ab, step), step)
    assert rgb.min() > -3 and rgb.max() < 258


def test_black_white_and_no_colour_stay_neutral():
    for luma, ab in ((scene(), field() * 0), (np.zeros((20, 20), np.uint8), field())):
        for plane in chroma_planes(canvas(luma), ab, 2):
            assert np.abs(plane.astype(int) - 128).max() <= 1


def test_the_colour_asked_for_is_the_colour_given():
    luma = np.full((64, 64), 130, np.uint8)
    ab = np.stack([np.full((8, 8), v, np.float32) for v in (25, -15)])
    rgb = simplejpeg.decode_jpeg(coded(canvas(luma), ab, Encoding("jpeg", 100, Subsampling.FULL)), "RGB")
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    np.testing.assert_allclose(lab[..., 1:].mean(axis=(0, 1)), [25, -15], atol=1.0)
    np.testing.assert_allclose(bt601_luma(rgb.astype(np.float32)), 130, atol=1.5)
