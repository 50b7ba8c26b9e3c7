import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from colorize_cli.image.colour.cielab import bt601_luma, into_gamut, lab_to_rgb, lightness
from colorize_cli.image.colour.rgb import colour_picture

GREYS = npst.arrays(np.uint8, (4, 5))
COLOURS = npst.arrays(np.float32, (2, 4, 5), elements=st.floats(-150, 150, width=32))


def star(rgb):
    """L* of sRGB values in [0,1], in double precision."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = linear @ np.array([0.2126729, 0.7151522, 0.0721750])
    return np.where(y > 216 / 24389, 116 * np.cbrt(y) - 16, y * 24389 / 27)


def grey_star(luma):
    top = np.iinfo(luma.dtype).max
    return star(np.repeat(luma[..., None] / top, 3, axis=-1))


def test_lightness_of_black_white_and_middle():
    values = lightness(np.array([0, 119, 255], np.uint8))
    np.testing.assert_allclose(values, [0, 50.03, 100], atol=0.01)


def test_luma_of_the_primaries():
    primaries = np.eye(3, dtype=np.float32)[None]
    np.testing.assert_allclose(bt601_luma(primaries), [[0.299, 0.587, 0.114]], atol=1e-6)


@given(GREYS, COLOURS)
@settings(max_examples=60, deadline=None)
def test_lightness_survives_any_colour_at_eight_bits(luma, ab):
    rgb = np.rint(lab_to_rgb(luma, into_gamut(luma, ab)) * 255)
    assert np.abs(star(rgb / 255) - grey_star(luma)).max() < 0.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lightness_survives_the_whole_circle_of_hues(dtype):
    top = np.iinfo(dtype).max
    hue = np.linspace(0, 2 * np.pi, 1440, dtype=np.float32)
    luma = np.repeat(np.linspace(0, top, 97).astype(dtype)[:, None], len(hue), axis=1)
    ab = np.broadcast_to(150 * np.stack([np.cos(hue), np.sin(hue)])[:, None], (2, *luma.shape))
    rgb = lab_to_rgb(luma, into_gamut(luma, np.ascontiguousarray(ab)))
    limit = 0.5 if dtype == np.uint8 else 0.1
    assert np.abs(star(np.rint(rgb * top) / top) - grey_star(luma)).max() < limit


@given(GREYS, COLOURS)
@settings(max_examples=40, deadline=None)
def test_gamut_mapping_keeps_hue_and_never_adds_chroma(luma, ab):
    mapped = into_gamut(luma, ab)
    assert (np.hypot(*mapped) <= np.hypot(*ab) * (1 + 1e-5)).all()
    np.testing.assert_allclose(mapped[0] * ab[1], mapped[1] * ab[0], rtol=1e-3, atol=1e-2)


def test_colours_inside_the_gamut_are_left_alone():
    rgb = np.random.default_rng(0).uniform(0.25, 0.75, (40, 50, 3)).astype(np.float32)
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)
    levels = np.searchsorted(lightness(np.arange(65536, dtype=np.uint16)), lab[..., 0])
    ab = np.ascontiguousarray(np.moveaxis(lab[..., 1:], -1, 0))
    luma = levels.astype(np.uint16)
    np.testing.assert_array_equal(into_gamut(luma, ab), ab)
    np.testing.assert_allclose(lab_to_rgb(luma, ab), rgb, atol=0.006)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_no_colour_gives_the_grey_back(dtype):
    top = np.iinfo(dtype).max
    luma = np.linspace(0, top, 256).astype(dtype).reshape(16, 16)
    rgb = colour_picture(luma, np.zeros((2, 8, 8), np.float32))
    assert rgb.dtype == dtype
    assert np.abs(rgb.astype(int) - luma[..., None]).max() <= top // 10000
