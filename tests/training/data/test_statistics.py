import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_training.data.cache import DONE, Cache, CacheSpec
from colorize_training.data.statistics import (
    bin_centres,
    bin_of,
    field_statistics,
    fit_statistics,
    principal_components,
)


@pytest.fixture(scope="module")
def colourful(tmp_path_factory):
    cache = Cache.create(tmp_path_factory.mktemp("colourful"), CacheSpec(40, "x", "lite0", 64, 64))
    cache.arrays["state"][:] = DONE
    cache.arrays["ab"][:] = np.random.default_rng(0).normal(0, 30, cache.arrays["ab"].shape)
    return cache


# The first call fills the look-up table, which takes a second.
@settings(deadline=None)
@given(st.floats(-128, 128), st.floats(-128, 128))
def test_every_colour_has_the_nearest_bin(a, b):
    found = bin_of(torch.tensor([a, b]).reshape(1, 2, 1, 1) / 128.0).item()
    distances = (bin_centres() - torch.tensor([a, b])).norm(dim=1)
    assert distances[found] <= distances.min() + 1.5


def test_colours_of_srgb_have_exactly_the_nearest_bin():
    rgb = np.random.default_rng(0).random((1, 500, 3), np.float32)
    ab = torch.from_numpy(np.rint(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[0, :, 1:]))
    found = bin_of((ab / 128.0).T[None, :, :, None])[0, :, 0]
    distances = torch.cdist(ab, bin_centres())
    np.testing.assert_allclose(distances[torch.arange(500), found], distances.min(dim=1).values, atol=1e-3)
    assert distances.min(dim=1).values.max() < 8


def test_bins_hold_the_colours_of_srgb():
    centres = {tuple(c) for c in bin_centres().int().tolist()}
    assert {(0, 0), (80, 70), (-90, 80)} <= centres and (-100, -100) not in centres


def test_principal_components_are_those_of_numpy():
    fields = torch.randn(60, 30, generator=torch.Generator().manual_seed(0)) * torch.linspace(5, 0.1, 30)
    components, variance = principal_components(fields)
    centred = (fields - fields.mean(0)).numpy()
    _, singular, v = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(variance[:5], singular[:5] ** 2 / 59, rtol=1e-3)
    np.testing.assert_allclose(np.abs((components[:5].numpy() * v[:5]).sum(1)), 1.0, atol=1e-3)


def test_statistics_are_fitted_once_and_kept(colourful):
    first = field_statistics(colourful)
    colourful.arrays["ab"][:] = 0
    again = field_statistics(colourful)
    for name, value in vars(first).items():
        torch.testing.assert_close(getattr(again, name), value, rtol=0, atol=0)


def test_components_of_a_cache_are_those_of_its_training_fields(tmp_path):
    rng = np.random.default_rng(0)
    cache = Cache.create(tmp_path, CacheSpec(60, "x", "lite0", 64, 64))
    cache.arrays["state"][:] = DONE
    modes, amounts = rng.normal(0, 1, (3, 64 * 64 * 2)), rng.normal(0, 1, (60, 3)) * [30, 15, 7]
    cache.arrays["ab"][:] = np.clip(np.rint(amounts @ modes), -127, 127).reshape(60, 64, 64, 2)
    fields = cache.arrays["ab"][cache.rows(held_out=False)].transpose(0, 3, 1, 2).reshape(58, -1) / 128.0
    _, singular, v = np.linalg.svd(fields - fields.mean(0), full_matrices=False)
    fitted = fit_statistics(cache)
    np.testing.assert_allclose(fitted.variance[:3], singular[:3] ** 2 / 57, rtol=1e-3)
    np.testing.assert_allclose(np.abs((fitted.components[:3].numpy() * v[:3]).sum(1)), 1.0, atol=1e-3)


def test_the_prior_sums_to_one_and_an_unseen_bin_is_not_nothing(tmp_path):
    cache = Cache.create(tmp_path, CacheSpec(8, "x", "lite0", 64, 64))
    cache.arrays["state"][:] = DONE
    cache.arrays["ab"][:] = 20
    prior = fit_statistics(cache).prior
    assert prior.sum() == pytest.approx(1.0, abs=1e-5) and prior.min() > 0
    assert bin_centres()[prior.argmax()].tolist() == [20, 20] and prior.max() > 0.9
