import math

import pytest
import torch

from colorize_training.data.statistics import FieldStatistics, bin_centres, bin_of
from colorize_training.losses import paper


def pair(shape=(1, 2, 2, 2)):
    truth, prediction = torch.zeros(shape), torch.zeros(shape)
    prediction[0, 0, 0, 0], prediction[0, 1, 1, 1] = 0.3, -0.4
    return prediction, truth


def test_l2_is_the_norm():
    assert paper.l2(*pair()).item() == pytest.approx(0.5)


def test_hist_weighs_by_the_raw_inverse_frequency_of_the_true_bin():
    prediction, truth = pair()
    truth[0, :, 1, 1] = torch.tensor([60.0, 50.0]) / 128
    prediction[0, :, 1, 1] = truth[0, :, 1, 1] + torch.tensor([0.0, -0.4])
    prior = torch.full((len(bin_centres()),), 0.01)
    prior[bin_of(torch.zeros(1, 2, 1, 1))] = 0.5
    expected = math.sqrt(0.3**2 / 0.5 + 0.4**2 / 0.01)
    assert paper.hist(prediction, truth, prior).item() == pytest.approx(expected, rel=1e-5)


def test_mahalanobis_treats_components_alike_and_the_rest_by_the_last():
    prediction, truth = pair()
    components = torch.zeros(2, 8)
    components[0, 0], components[1, 1] = 1.0, 1.0
    fitted = FieldStatistics(torch.ones(1), components, torch.tensor([4.0, 0.5]))
    # 0.3 lies along the first component, 0.4 along none.
    expected = 0.3**2 / 4.0 + 0.4**2 / 0.5
    assert paper.mahalanobis(prediction, truth, fitted).item() == pytest.approx(expected, rel=1e-5)


def test_gradient_adds_the_norms_of_both_directions():
    prediction, truth = torch.tensor([[[[0.0, 1.0], [0.0, 3.0]]]]), torch.zeros(1, 1, 2, 2)
    expected = math.hypot(1, 3) + math.hypot(0, 2)
    assert paper.gradient(prediction, truth).item() == pytest.approx(expected, rel=1e-5)


def test_no_error_has_a_finite_slope():
    truth = torch.rand(1, 2, 4, 4)
    prediction = truth.clone().requires_grad_()
    (paper.l2(prediction, truth) + paper.gradient(prediction, truth)).backward()
    assert torch.isfinite(prediction.grad).all()


def statistics(cells):
    """Made-up statistics of fields of so many cells, in double precision for gradcheck."""
    generator = torch.Generator().manual_seed(1)
    basis = torch.linalg.qr(torch.randn(cells, 3, generator=generator, dtype=torch.double))[0].T
    prior = torch.rand(len(bin_centres()), generator=generator, dtype=torch.double) + 0.1
    return FieldStatistics(prior, basis, torch.tensor([5.0, 2.0, 0.5], dtype=torch.double))


@pytest.mark.parametrize(
    "loss",
    [
        paper.l2,
        paper.gradient,
        lambda f, c: paper.hist(f, c, statistics(18).prior),
        lambda f, c: paper.mahalanobis(f, c, statistics(18)),
    ],
    ids=["l2", "gradient", "hist", "mahalanobis"],
)
def test_slopes_are_those_of_finite_differences(loss):
    generator = torch.Generator().manual_seed(2)
    truth, prediction = (torch.rand(2, 2, 3, 3, generator=generator, dtype=torch.double) for _ in range(2))
    assert torch.autograd.gradcheck(lambda f: loss(f, truth), prediction.requires_grad_())


def test_mahalanobis_of_the_whole_space_is_the_textbook_distance():
    torch.manual_seed(0)
    prediction, truth = pair()
    components, variance = torch.linalg.qr(torch.randn(8, 8))[0].T, torch.rand(8) + 0.5
    error = (prediction - truth).flatten()
    expected = error @ torch.linalg.inv(components.T @ torch.diag(variance) @ components) @ error
    fitted = FieldStatistics(torch.ones(1), components, variance)
    torch.testing.assert_close(paper.mahalanobis(prediction, truth, fitted), expected)


@pytest.mark.parametrize("loss", [paper.l2, paper.gradient])
def test_losses_are_means_over_the_batch(loss):
    prediction, truth = torch.rand(3, 2, 4, 4), torch.rand(3, 2, 4, 4)
    each = torch.stack([loss(prediction[i : i + 1], truth[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(loss(prediction, truth), each.mean())
