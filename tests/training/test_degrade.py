import numpy as np

from colorize_training.degrade import degrade

from .conftest import colour_scene


def test_aged_photos_keep_size_and_depth_and_differ_by_draw():
    rgb = colour_scene(1)
    one, two = (degrade(rgb, np.random.default_rng(seed)) for seed in (1, 2))
    assert one.shape == rgb.shape[:2]
    assert one.dtype == np.uint8
    assert np.abs(one.astype(int) - two).mean() > 1


def test_the_same_draw_ages_alike():
    rgb = colour_scene(1)
    assert np.array_equal(degrade(rgb, np.random.default_rng(4)), degrade(rgb, np.random.default_rng(4)))


def test_red_goes_darker_on_average_than_by_todays_luma():
    red = np.zeros((40, 40, 3), np.uint8)
    red[..., 0] = 255
    blue = red[..., ::-1].copy()
    means = [np.mean([degrade(p, np.random.default_rng(s)).mean() for s in range(40)]) for p in (red, blue)]
    # BT.601 gives red 76 and blue 29: orthochromatic rendering brings them together.
    assert means[0] - means[1] < 0.6 * (76 - 29)
