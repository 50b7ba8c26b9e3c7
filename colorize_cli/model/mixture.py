"""Mixtures of diagonal Gaussians over z: likelihood, samples and modes as free functions (paper, sec. 4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Mixture:
    """P(z|G) of B photos: log_pi (B,M) normalised, mu and log_sigma (B,M,d)."""

    log_pi: Tensor
    mu: Tensor
    log_sigma: Tensor


def mixture_of(outputs: Tensor, components: int, d: int, variance: float | None = None) -> Mixture:
    """The last layer's (B, M(1+2d)) -> mixture; with a fixed `variance` it has (B, M(1+d)).

    log_sigma is bounded so that no component can collapse on a code.
    """
    m, md = components, components * d
    logits, mu, *rest = torch.split(outputs, [m, md] if variance else [m, md, md], dim=1)
    mu = mu.reshape(-1, m, d)
    if variance:
        log_sigma = torch.full_like(mu, 0.5 * math.log(variance))
    else:
        log_sigma = rest[0].reshape(mu.shape).clamp(-5.0, 2.0)
    return Mixture(F.log_softmax(logits, dim=1), mu, log_sigma)


def component_log_prob(mixture: Mixture, z: Tensor) -> Tensor:
    """log N(z | mu_m, sigma_m) of z (B,d) under every component, (B,M)."""
    scaled = (z[:, None] - mixture.mu) * torch.exp(-mixture.log_sigma)
    constant = 0.5 * math.log(2.0 * math.pi) * z.shape[-1]
    return -0.5 * scaled.square().sum(-1) - mixture.log_sigma.sum(-1) - constant


def log_prob(mixture: Mixture, z: Tensor) -> Tensor:
    """Exact log-likelihood log P(z|G), (B,), by logsumexp over the components."""
    return torch.logsumexp(mixture.log_pi + component_log_prob(mixture, z), dim=1)


def min_component_loss(mixture: Mixture, z: Tensor) -> Tensor:
    """-log pi_m - log N(z | mu_m, sigma_m) of the component m whose mean is nearest to z, (B,).

    The paper's stand-in for the likelihood (sec. 4), with the constant terms kept: logsumexp does not
    underflow here, but the hard choice stays comparable.
    """
    nearest = (z[:, None] - mixture.mu).square().sum(-1).argmin(dim=1, keepdim=True)
    joint = mixture.log_pi + component_log_prob(mixture, z)
    return -joint.gather(1, nearest).squeeze(1)


def modes(mixture: Mixture) -> tuple[Tensor, Tensor]:
    """Component means, most likely first: codes (B,M,d) and their log weights (B,M), descending."""
    log_pi, order = mixture.log_pi.sort(dim=1, descending=True, stable=True)
    return torch.take_along_dim(mixture.mu, order[:, :, None], dim=1), log_pi


def sample(mixture: Mixture, n: int, generator: torch.Generator | None = None) -> Tensor:
    """n draws from each of the B mixtures, (B,n,d)."""
    index = torch.multinomial(mixture.log_pi.exp(), n, replacement=True, generator=generator)[:, :, None]
    mu = torch.take_along_dim(mixture.mu, index, dim=1)
    sigma = torch.take_along_dim(mixture.log_sigma, index, dim=1).exp()
    return mu + sigma * torch.randn(mu.shape, generator=generator, dtype=mu.dtype, device=mu.device)
