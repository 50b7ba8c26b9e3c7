import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorize_training.data.augmentation import _EFFECTS, _jpeg, crop_and_flip, degrade
from colorize_training.data.photo import grey_of
from tests.training.conftest import colour_scene


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


def test_the_scene_stays_recognisable_and_untouched():
    rng = np.random.default_rng(0)
    light = cv2.resize(rng.uniform(40, 215, (12, 16, 1)).astype(np.float32), (96, 72))[..., None]
    rgb = np.clip(light + cv2.resize(rng.normal(0, 20, (4, 4, 3)), (96, 72)), 0, 255).astype(np.uint8)
    before, plain = rgb.copy(), grey_of(rgb)
    aged = [degrade(rgb, np.random.default_rng(seed)) for seed in range(30)]
    assert min(np.corrcoef(plain.ravel(), one.ravel())[0, 1] for one in aged) > 0.6
    assert not any(np.array_equal(plain, one) for one in aged) and np.array_equal(rgb, before)


@pytest.mark.parametrize("effect", [effect for effect, _ in _EFFECTS], ids=lambda e: e.__name__)
def test_every_effect_leaves_its_mark(effect):
    grey = np.random.default_rng(0).uniform(0.2, 0.8, (240, 320)).astype(np.float32)
    changed = effect(grey, np.random.default_rng(1))
    assert changed.shape == grey.shape and changed.dtype == np.float32
    assert np.abs(changed - grey).max() > 0.01 and np.abs(changed - grey).mean() < 0.3


def test_jpeg_leaves_blocks():
    ramp = np.tile(np.linspace(0, 255, 80).astype(np.uint8), (60, 1))
    assert not np.array_equal(_jpeg(ramp, np.random.default_rng(0)), ramp)


@given(st.integers(16, 200), st.integers(16, 200), st.integers(0, 1000))
def test_a_crop_keeps_most_of_the_photo_and_its_shape(height, width, seed):
    part = crop_and_flip(np.zeros((height, width, 3), np.uint8), np.random.default_rng(seed))
    h, w, _ = part.shape
    # Sides are whole pixels: half of one either way.
    assert (h + 0.5) * (w + 0.5) >= 0.6 * height * width and h <= height and w <= width
    slack = (1 + 0.5 / (w - 0.5)) * (1 + 0.5 / (h - 0.5))
    assert 3 / 4 / slack < (w / h) / (width / height) < 4 / 3 * slack


def test_a_crop_is_a_part_of_the_photo_mirrored_every_second_time():
    photo = np.arange(60 * 80 * 3, dtype=np.int64).reshape(60, 80, 3).astype(np.uint8)
    photo[:, :, 0] = np.arange(80)
    mirrored = [
        int(crop_and_flip(photo, np.random.default_rng(seed))[0, :2, 0].astype(int) @ [1, -1]) > 0
        for seed in range(200)
    ]
    assert 70 < sum(mirrored) < 130
