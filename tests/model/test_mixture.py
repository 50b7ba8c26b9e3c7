import numpy as np
import torch
from scipy import stats

from colorize_cli.model.mixture import Mixture, log_prob, min_component_loss, mixture_of, modes, sample


def mixture():
    pi = torch.tensor([[0.2, 0.5, 0.3]])
    mu = torch.tensor([[[-3.0, 0.0], [0.0, 2.0], [4.0, -1.0]]])
    sigma = torch.tensor([[[0.5, 1.0], [1.0, 0.2], [0.3, 0.4]]])
    return Mixture(pi.log(), mu, sigma.log())


def test_likelihood_agrees_with_scipy():
    m, z = mixture(), torch.tensor([[0.3, 1.0]])
    densities = [
        float(pi) * stats.multivariate_normal(mu, np.diag(sigma**2)).pdf(z[0])
        for pi, mu, sigma in zip(
            m.log_pi.exp()[0], m.mu[0].numpy(), m.log_sigma.exp()[0].numpy(), strict=True
        )
    ]
    np.testing.assert_allclose(log_prob(m, z).item(), np.log(sum(densities)), rtol=1e-5)


def test_likelihood_survives_codes_far_away():
    assert torch.isfinite(log_prob(mixture(), torch.full((1, 2), 1e3))).all()


def test_modes_come_most_likely_first():
    codes, log_pi = modes(mixture())
    torch.testing.assert_close(log_pi.exp(), torch.tensor([[0.5, 0.3, 0.2]]))
    torch.testing.assert_close(codes[0, 0], torch.tensor([0.0, 2.0]))


def test_samples_have_the_mean_and_spread_of_the_mixture():
    m = mixture()
    z = sample(m, 20_000, torch.Generator().manual_seed(0))[0]
    pi = m.log_pi.exp()[0][:, None]
    mean = (pi * m.mu[0]).sum(0)
    variance = (pi * (m.log_sigma.exp()[0] ** 2 + m.mu[0] ** 2)).sum(0) - mean**2
    torch.testing.assert_close(z.mean(0), mean, atol=0.06, rtol=0)
    torch.testing.assert_close(z.var(0), variance, rtol=0.05, atol=0)


def test_fixed_variance_agrees_with_scipy():
    outputs = torch.tensor([[0.3, -0.2, 1.0, 2.0, -1.0, 0.5]])
    m, z = mixture_of(outputs, 2, 2, variance=0.1), torch.tensor([[0.8, 1.9]])
    pi = torch.softmax(outputs[0, :2], 0).numpy()
    means = ([1.0, 2.0], [-1.0, 0.5])
    density = sum(
        p * stats.multivariate_normal(mu, 0.1 * np.eye(2)).pdf(z[0]) for p, mu in zip(pi, means, strict=True)
    )
    np.testing.assert_allclose(log_prob(m, z).item(), np.log(density), rtol=1e-5)


def test_min_component_takes_the_nearest_mean_whatever_its_weight():
    m, z = mixture(), torch.tensor([[-2.5, 0.0]])
    density = stats.multivariate_normal([-3.0, 0.0], np.diag([0.25, 1.0])).pdf(z[0])
    np.testing.assert_allclose(min_component_loss(m, z).item(), -np.log(0.2 * density), rtol=1e-5)
    assert min_component_loss(m, z) >= -log_prob(m, z)


def test_components_are_drawn_as_often_as_they_weigh():
    z = sample(mixture(), 20_000, torch.Generator().manual_seed(1))[0]
    nearest = (z[:, None] - mixture().mu[0]).square().sum(-1).argmin(1)
    shares = torch.bincount(nearest, minlength=3) / 20_000
    torch.testing.assert_close(shares, torch.tensor([0.2, 0.5, 0.3]), atol=0.015, rtol=0)


def test_samples_covary_as_the_means_do():
    m = mixture()
    z = sample(m, 40_000, torch.Generator().manual_seed(2))[0]
    pi = m.log_pi.exp()[0][:, None]
    apart = m.mu[0] - (pi * m.mu[0]).sum(0)
    expected = (pi * apart).T @ apart + torch.diag((pi * m.log_sigma.exp()[0] ** 2).sum(0))
    torch.testing.assert_close(torch.cov(z.T), expected, atol=0.12, rtol=0.02)


def test_min_component_with_fixed_variance_is_the_formula_of_the_paper():
    outputs, z = torch.tensor([[0.3, -0.2, 1.0, 2.0, -1.0, 0.5]]), torch.tensor([[0.8, 1.9]])
    log_pi = 0.3 - np.log(np.exp(0.3) + np.exp(-0.2))
    # -log pi_m + |z - mu_m|^2 / (2 sigma^2), m the nearer mean, (1, 2); the constant depends on no weight.
    paper = -log_pi + (0.2**2 + 0.1**2) / (2 * 0.1)
    constant = np.log(2 * np.pi * 0.1)
    loss = min_component_loss(mixture_of(outputs, 2, 2, variance=0.1), z)
    np.testing.assert_allclose(loss.item(), paper + constant, rtol=1e-5)


def test_min_component_trains_the_nearest_mean_only():
    mu = mixture().mu.clone().requires_grad_()
    m = Mixture(mixture().log_pi, mu, mixture().log_sigma)
    min_component_loss(m, torch.tensor([[-2.5, 0.0]])).sum().backward()
    assert mu.grad[0, 0].abs().sum() > 0 and mu.grad[0, 1:].abs().sum() == 0
