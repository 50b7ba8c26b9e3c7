import numpy as np
import pytest

from colorize_cli.image.canvas import eight_bits
from colorize_cli.image.colour.rgb import colour_picture
from tests.image.colour.test_cielab import grey_star, star
from tests.image.conftest import field, scene


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (61, 43), (200, 31)])
def test_any_size_keeps_its_lightness(size):
    luma = scene(*size)
    rgb = colour_picture(luma, field())
    assert rgb.shape == (*size, 3)
    assert np.abs(star(rgb / 255) - grey_star(luma)).max() < 0.5


def test_an_even_field_is_even_across_strips():
    luma = np.full((150, 20), 128, np.uint8)
    field_ = np.stack([np.full((4, 4), v, np.float32) for v in (20, -10)])
    assert np.ptp(colour_picture(luma, field_), axis=(0, 1)).max() == 0


def test_colour_changes_smoothly_across_strips():
    luma = np.full((1200, 8), 128, np.uint8)
    ramp = np.zeros((2, 8, 8), np.float32)
    ramp[0] = np.linspace(-30, 30, 8)[:, None]
    steps = np.diff(colour_picture(luma, ramp).astype(int), axis=0)
    assert np.abs(steps).max() <= 1


def test_eight_bits_rounds():
    np.testing.assert_array_equal(
        eight_bits(np.array([0, 128, 129, 257, 65535], np.uint16)), [0, 0, 1, 1, 255]
    )
