import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.image.colour.cielab import into_gamut
from colorize_cli.image.colour.rgb import colour_picture
from colorize_cli.image.colour.srgb import RGB_TO_XYZ, grey_of, linear_table, samples
from tests.image.conftest import field


def lightness_of(rgb):
    """L* by the textbook, in double precision."""
    top = np.iinfo(rgb.dtype).max
    linear = np.where(rgb / top <= 0.04045, rgb / top / 12.92, ((rgb / top + 0.055) / 1.055) ** 2.4)
    y = linear @ np.array([0.2126729, 0.7151522, 0.0721750])
    return np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3)


def ab_of(rgb):
    """CIELAB a and b by the textbook, in double precision."""
    value = rgb / np.iinfo(rgb.dtype).max
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    xyz = linear @ RGB_TO_XYZ.T
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])])


@pytest.mark.parametrize(("dtype", "most"), [(np.uint8, 0.5), (np.uint16, 0.01)])
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    strength=st.floats(0, 128),
    height=st.integers(1, 70),
    width=st.integers(1, 90),
)
def test_luminance_is_the_scans_whatever_the_colour(dtype, most, seed, strength, height, width):
    rng = np.random.default_rng(seed)
    luma = rng.integers(0, np.iinfo(dtype).max + 1, (height, width)).astype(dtype)
    rgb = colour_picture(luma, rng.uniform(-strength, strength, (2, 9, 9)).astype(np.float32))
    neutral = np.repeat(luma[..., None], 3, axis=2)
    assert np.abs(lightness_of(rgb) - lightness_of(neutral)).max() < most
    np.testing.assert_array_equal(grey_of(rgb), luma)


@pytest.mark.parametrize(("dtype", "step"), [(np.uint8, 1), (np.uint16, 7)])
@pytest.mark.parametrize("strength", [0, 3, 10, 40, 150])
def test_every_level_comes_back_in_every_hue(dtype, step, strength):
    levels = np.arange(0, np.iinfo(dtype).max + 1, step).astype(dtype)
    hue = np.linspace(0, 2 * np.pi, 90, endpoint=False, dtype=np.float32)
    luma = np.repeat(levels[:, None], len(hue), axis=1)
    ab = np.broadcast_to(strength * np.stack([np.cos(hue), np.sin(hue)])[:, None], (2, *luma.shape))
    rgb = samples(luma, into_gamut(luma, np.ascontiguousarray(ab)))
    np.testing.assert_array_equal(grey_of(rgb), luma)


def test_every_level_of_sixteen_bits_comes_back():
    luma = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for strength in (0, 15, 60):
        np.testing.assert_array_equal(grey_of(colour_picture(luma, field(strength=strength))), luma)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), strength=st.floats(5, 150))
def test_hue_is_the_one_asked_for(seed, strength):
    rng = np.random.default_rng(seed)
    luma = rng.integers(9000, 60000, (20, 30)).astype(np.uint16)
    hue = rng.uniform(0, 2 * np.pi, luma.shape)
    asked = (strength * np.stack([np.cos(hue), np.sin(hue)])).astype(np.float32)
    found = ab_of(samples(luma, into_gamut(luma, asked)))
    across = (found[0] * np.sin(hue) - found[1] * np.cos(hue)) / np.hypot(*found)
    assert np.degrees(np.abs(np.arcsin(across))).max() < 0.1
    assert (np.hypot(*found) <= strength + 0.05).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_no_colour_leaves_the_samples_as_they_are(dtype):
    top = np.iinfo(dtype).max
    luma = np.linspace(0, top, 256, dtype=dtype).reshape(16, 16)
    rgb = colour_picture(luma, np.zeros((2, 8, 8), np.float32))
    np.testing.assert_array_equal(rgb, np.repeat(luma[..., None], 3, axis=2))


def test_light_is_linear_and_ends_at_one():
    assert linear_table(255)[[0, 255]].tolist() == [0.0, 1.0]
    assert linear_table(255)[128] == pytest.approx(0.2158605, abs=1e-6)
