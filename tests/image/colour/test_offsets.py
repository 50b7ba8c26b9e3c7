import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.image.colour import rgb as pixels
from colorize_cli.image.colour.offsets import offset_strips
from colorize_cli.image.colour.rgb import colour_picture
from colorize_cli.image.colour.srgb import grey_of
from colorize_cli.image.colour.upsample import Upsampler, guide, resize
from tests.image.conftest import field, scene


def grainy(height, width, seed=0, strength=6):
    grain = np.random.default_rng(seed).normal(0, strength, (height, width))
    return np.clip(scene(height, width) + grain, 0, 255).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    strength=st.floats(0, 128),
    height=st.integers(2, 90),
    width=st.integers(2, 90),
    times=st.integers(1, 4),
)
def test_every_grey_comes_back(seed, strength, height, width, times):
    rng = np.random.default_rng(seed)
    luma = rng.integers(0, 256, (height, width)).astype(np.uint8)
    small = resize(luma, -(-height // times), -(-width // times)).astype(np.uint16) * np.uint16(257)
    ab = rng.uniform(-strength, strength, (2, *small.shape)).astype(np.float32)
    rgb = np.concatenate(list(offset_strips(luma, small, ab, 64)))
    np.testing.assert_array_equal(grey_of(rgb), luma)


def test_the_colours_are_those_of_the_exact_way(monkeypatch):
    luma = grainy(2000, 3200)
    quick = colour_picture(luma, field(strength=25)).astype(int)
    monkeypatch.setattr(pixels, "_by_offsets", lambda *_: False)
    difference = np.abs(quick - colour_picture(luma, field(strength=25)))
    assert np.percentile(difference, [50, 99]).tolist() <= [0, 3]


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_stay_neutral(level):
    luma = np.full((40, 40), level, np.uint8)
    small = np.full((10, 10), level * 257, np.uint16)
    rgb = np.concatenate(list(offset_strips(luma, small, np.full((2, 10, 10), 30, np.float32), 16)))
    assert (rgb == level).all()


def test_colours_out_of_the_range_lose_chroma_and_keep_their_hue():
    luma = np.full((40, 40), 180, np.uint8)
    luma[::2] = 250
    small = np.full((10, 10), 180 * 257, np.uint16)
    ab = np.stack([np.full((10, 10), 25, np.float32), np.full((10, 10), 15, np.float32)])
    rgb = np.concatenate(list(offset_strips(luma, small, ab, 16)))
    np.testing.assert_array_equal(rgb[::2], np.broadcast_to(colour_picture(luma, ab)[0], (20, 40, 3)))


def test_only_pictures_much_larger_than_their_guide_take_this_way():
    taken = [
        pixels._by_offsets(luma, Upsampler(guide(luma)), None)
        for luma in (np.zeros(shape, np.uint8) for shape in ((1500, 1500), (1600, 1600)))
    ]
    assert taken == [False, True]
    assert not pixels._by_offsets(np.zeros((1600, 1600), np.uint16), Upsampler(guide(luma16())), None)


def luma16():
    return np.zeros((1600, 1600), np.uint16)
