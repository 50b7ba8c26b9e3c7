"""Sixteen synthetic colour photos and a cache that needs no ImageNet weights."""

import cv2
import numpy as np
import pytest

from colorize_training.data.cache import DONE, Cache, CacheSpec


def colour_scene(seed, height=72, width=96):
    """Sky over ground with a disc, in random colours, uint8 BGR."""
    rng = np.random.default_rng(seed)
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2] = rng.integers(120, 255, 3)
    picture[height // 2 :] = rng.integers(20, 160, 3)
    cv2.circle(picture, (width // 2, height // 2), height // 4, rng.integers(0, 255, 3).tolist(), -1)
    return picture


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for i in range(16):
        cv2.imwrite(str(folder / f"{i:02}.png"), colour_scene(i))
    return folder


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory):
    cache = Cache.create(tmp_path_factory.mktemp("cache"), CacheSpec(16, "none", "lite0", view=64, field=32))
    cache.arrays["state"][:] = DONE
    return cache


@pytest.fixture(scope="session")
def colourful_cache(tmp_path_factory):
    """Sixteen rows of noise, features included, for training steps on real networks."""
    cache = Cache.create(tmp_path_factory.mktemp("noise"), CacheSpec(16, "none", "lite0", view=64, field=32))
    rng = np.random.default_rng(0)
    for name, array in cache.arrays.items():
        if name != "state":
            array[:] = rng.normal(0, 20, array.shape) if name == "ab" else rng.random(array.shape)
    cache.arrays["state"][:] = DONE
    return cache
