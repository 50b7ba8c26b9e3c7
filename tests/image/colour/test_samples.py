import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.cielab import lightness
from colorize_cli.image.colour.rgb import colour_picture
from colorize_cli.image.colour.samples import colours, grey_of, srgb_grey
from colorize_cli.image.colour.srgb import RGB_TO_XYZ
from colorize_cli.image.colour.view import view
from colorize_cli.image.encoding import Encoding, Subsampling
from colorize_cli.image.icc.build import SRGB_COLORANTS, gamma_profile, grey_profile, profile_tag
from colorize_cli.image.icc.curve import gamma_curve, sampled_curve
from colorize_cli.image.icc.profile import space_of
from colorize_cli.image.photo import Metadata
from tests.image.conftest import coded, field, photo, scene
from tests.image.icc.test_profile import ADOBE, GREYS, PROPHOTO, SRGB, matrix_profile

PROFILES = {
    **GREYS,
    "adobe": matrix_profile(ADOBE, gamma_curve(2.2)),
    "prophoto": matrix_profile(PROPHOTO, gamma_curve(1.8)),
}


def seen(samples, space):
    """(H,W,3) samples in [0,1] -> CIELAB, by the profile that is delivered with them."""
    light = np.interp(samples, np.arange(65536) / 65535, space.light)
    tags = (profile_tag(space.delivered, name) for name in (b"rXYZ", b"gXYZ", b"bXYZ"))
    own = np.array([np.frombuffer(tag, ">i4", 3, 8) / 65536 for tag in tags]).T
    srgb = light @ (np.linalg.inv(np.array(SRGB_COLORANTS).T) @ own).T
    xyz = srgb @ RGB_TO_XYZ.T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def even(a, b, size=8):
    return np.stack([np.full((size, size), v, np.float32) for v in (a, b)])


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_picture_has_the_lightness_of_the_scan(name, dtype):
    space, luma, top = space_of(PROFILES[name]), scene(80, 90, dtype=dtype), np.iinfo(dtype).max
    picture = seen(colour_picture(luma, field(strength=15), space) / top, space)
    scan = seen(np.repeat(luma[..., None] / top, 3, axis=2), space)
    # Eight bits of linear light are coarse in the dark: half a step of black is 1.4.
    most = 0.02 if dtype == np.uint16 else 1.4 if name == "linear" else 0.6
    assert np.abs(picture[..., 0] - scan[..., 0]).max() < most


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("strength", [0, 15, 60])
def test_every_level_of_sixteen_bits_comes_back(name, strength):
    luma, space = np.arange(65536, dtype=np.uint16).reshape(256, 256), space_of(PROFILES[name])
    rgb = colour_picture(luma, field(strength=strength), space)
    np.testing.assert_array_equal(grey_of(rgb, space), luma)


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), strength=st.floats(0, 128))
def test_every_level_of_eight_bits_comes_back(name, seed, strength):
    rng, space = np.random.default_rng(seed), space_of(PROFILES[name])
    luma = rng.integers(0, 256, (40, 50), dtype=np.uint8)
    rgb = colour_picture(luma, rng.uniform(-strength, strength, (2, 9, 9)).astype(np.float32), space)
    np.testing.assert_array_equal(grey_of(rgb, space), luma)


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_no_colour_leaves_the_samples_as_they_are(name, dtype):
    luma = np.linspace(0, np.iinfo(dtype).max, 256, dtype=dtype).reshape(16, 16)
    rgb = colour_picture(luma, np.zeros((2, 8, 8), np.float32), space_of(PROFILES[name]))
    np.testing.assert_array_equal(rgb, np.repeat(luma[..., None], 3, axis=2))


@pytest.mark.parametrize("name", PROFILES)
def test_the_colour_asked_for_is_the_colour_seen(name):
    space, luma = space_of(PROFILES[name]), np.full((8, 8), 150, np.uint8)
    found = seen(colours(luma, even(12, -9), space), space)
    np.testing.assert_allclose(found[..., 1:], np.broadcast_to([12, -9], (8, 8, 2)), atol=0.15)
    np.testing.assert_allclose(found[..., 0], lightness(srgb_grey(luma, space)), atol=0.1)


@pytest.mark.parametrize("name", PROFILES)
def test_a_jpeg_has_the_colour_asked_for_and_its_own_y_plane(name):
    luma = np.full((64, 64), 140, np.uint8)
    canvas = Canvas(photo(luma, metadata=Metadata(icc=PROFILES[name])))
    data = coded(canvas, even(18, -10), Encoding("jpeg", 100, Subsampling.FULL))
    plain = simplejpeg.encode_jpeg_yuv_planes(luma, None, None, quality=100)
    grey = [simplejpeg.decode_jpeg(d, "GRAY") for d in (data, plain)]
    np.testing.assert_array_equal(*grey)
    found = seen(simplejpeg.decode_jpeg(data, "RGB") / 255, canvas.space).mean(axis=(0, 1))
    np.testing.assert_allclose(found[1:], [18, -10], atol=1.2)


def test_srgb_costs_nothing():
    luma = scene()
    assert srgb_grey(luma, space_of(SRGB)) is srgb_grey(luma, None) is luma
    pictures = [colour_picture(luma, field(), space) for space in (space_of(SRGB), None)]
    np.testing.assert_array_equal(*pictures)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_model_sees_srgb(dtype):
    luma, linear = scene(dtype=dtype), gamma_profile(1.0)
    np.testing.assert_allclose(Canvas(photo(luma)).view(16), view(luma, 16), atol=0.51 / 255)
    found = Canvas(photo(luma, metadata=Metadata(icc=linear))).view(16)
    assert np.abs(found - view(srgb_grey(luma, space_of(linear)), 16)).mean() < 0.02
    assert found.mean() > view(luma, 16).mean() + 0.1


FLAT = {
    "black": [0] * 20 + list(range(0, 65536, 280)),
    "white": [*range(0, 65536, 280), *[65535] * 20],
    "middle": [0, 20000, 20000, 65535],
}


@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_levels_of_the_same_light_come_back(name, dtype):
    space = space_of(grey_profile(sampled_curve(FLAT[name])))
    luma = np.arange(np.iinfo(dtype).max + 1).astype(dtype).reshape(16, -1)
    rgb = colour_picture(luma, field(strength=40), space)
    np.testing.assert_array_equal(grey_of(rgb, space), luma)
    assert (rgb[..., 0] != rgb[..., 2]).mean() > 0.5
