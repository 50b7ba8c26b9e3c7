import numpy as np
import pytest
import torch

from colorize_training.data.statistics import bin_index
from colorize_training.losses import photo


def field(*pixels):
    """A colour field of one row from (a, b) pairs in CIELAB units."""
    return torch.tensor(pixels, dtype=torch.float32).T[None, :, None, :] / 128.0


def test_bins_are_ten_units_wide_and_centred_on_grey():
    index = bin_index(field((0, 0), (9.9, 0), (-0.1, 0), (-130, -130), (500, 500)))
    base = 13 * 26 + 13
    assert index.flatten().tolist() == [base, base, base - 26, 0, 26 * 26 - 1]


def test_hist_weights_have_mean_one_over_the_pixels_seen():
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 1000, (26, 26))
    weights = photo.hist_weights(counts, 0.0)
    torch.testing.assert_close(weights, torch.ones(26 * 26))


def test_rare_colours_weigh_more():
    counts = np.full((26, 26), 10)
    counts[13, 13] = 100_000
    weights = photo.hist_weights(counts, 0.5).reshape(26, 26)
    assert weights[2, 2] > 5 * weights[13, 13]


def test_hist_is_the_weighted_smooth_l1_by_hand():
    truth, prediction = field((0, 0)), field((12.8, 0))
    weights = torch.ones(26 * 26)
    weights[13 * 26 + 13] = 3.0
    # |e| = 0.1 is beyond 0.02, so it counts 0.1 - 0.01; the other channel counts 0.
    assert photo.hist(prediction, truth, weights).item() == pytest.approx(3.0 * 0.09 / 2)


def test_gradient_by_hand_at_the_finest_scale():
    error = torch.tensor([[[[0.0, 1.0], [0.0, 3.0]]]])
    # vertical differences 0, 2; horizontal differences 1, 3
    assert photo.gradient(error, torch.zeros_like(error), (1,)).item() == pytest.approx(1.0 + 2.0)


def test_gradient_does_not_mind_a_tint_but_minds_its_absence_in_one_half():
    truth = torch.zeros(1, 2, 16, 16)
    half = truth.clone()
    half[:, :, :, 8:] = 0.3
    assert photo.gradient(truth + 0.3, truth).item() == pytest.approx(0.0, abs=1e-6)
    assert photo.gradient(half, truth).item() > 0.01


def test_kl_agrees_with_torch():
    mu, log_var = torch.tensor([[0.5, -1.0]]), torch.tensor([[0.2, -0.7]])
    ours = photo.kl(mu, log_var)
    q = torch.distributions.Normal(mu, (0.5 * log_var).exp())
    p = torch.distributions.Normal(torch.zeros(2), torch.ones(2))
    torch.testing.assert_close(ours, torch.distributions.kl_divergence(q, p).sum())


def test_kl_is_summed_over_z_and_averaged_over_the_batch():
    mu, log_var = torch.tensor([[1.0, 2.0], [0.0, 4.0]]), torch.zeros(2, 2)
    assert photo.kl(mu, log_var).item() == pytest.approx((0.5 * (1 + 4) + 0.5 * 16) / 2)
