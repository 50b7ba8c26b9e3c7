import numpy as np
import torch

from colorize_cli.model.mixture import Mixture
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.model.variants.group_mixture import look_of, pack_mixture, shared
from colorize_cli.model.variants.uncertainty import uncertainty


def mixture(photos=3):
    torch.manual_seed(0)
    log_pi = torch.log_softmax(torch.randn(photos, 4), 1)
    return Mixture(log_pi, torch.randn(photos, 4, 2), torch.randn(photos, 4, 2))


def test_a_look_is_the_mean_of_weights_and_means():
    whole = mixture()
    look = look_of(pack_mixture(whole).numpy())
    np.testing.assert_allclose(np.exp(look.log_pi), whole.log_pi.exp().mean(0), rtol=1e-5)
    np.testing.assert_allclose(look.mu, whole.mu.mean(0), rtol=1e-5)


def test_photos_with_a_look_share_its_weights_and_are_half_as_far_apart():
    whole = mixture()
    look = look_of(pack_mixture(whole).numpy())
    made = shared(whole, [look, None, look])
    assert torch.equal(made.log_pi[0], made.log_pi[2]) and torch.equal(made.log_pi[1], whole.log_pi[1])
    torch.testing.assert_close(made.mu[0] - made.mu[2], (whole.mu[0] - whole.mu[2]) / 2)
    assert torch.equal(made.mu[1], whole.mu[1])


def test_without_looks_the_mixture_is_left_alone():
    whole = mixture()
    assert shared(whole, [None] * 3) is whole


def test_a_weight_of_zero_is_no_infinity():
    look = look_of(np.array([[[0.0, 1.0], [1.0, 2.0]]], np.float32))
    assert isinstance(look, GroupLook) and np.isfinite(look.log_pi).all()


def test_a_spread_is_the_weighted_standard_deviation_as_a_distance():
    fields = torch.zeros(1, 2, 2, 1, 1)
    fields[0, 1, :, 0, 0] = torch.tensor([3.0, 4.0])
    log_pi = torch.tensor([[0.5, 0.5]]).log()
    torch.testing.assert_close(uncertainty(fields, log_pi), torch.full((1, 1, 1), 2.5))


def test_one_opinion_has_no_uncertainty():
    fields = torch.randn(2, 1, 2, 3, 3).expand(2, 4, 2, 3, 3)
    assert uncertainty(fields, mixture(2).log_pi).abs().max() < 1e-3
