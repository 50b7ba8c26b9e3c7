import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from colorize_training.data.crops import crop_and_flip


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
