"""Mixtures of diagonal Gaussians over z: likelihood, samples and modes as free functions (paper, sec. 4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Mixture:
    """P(z|G) of B photos: log_pi (B,M) normalised, mu and log_sigma (B,M,d)."""

    log_pi: Tensor
    mu: Tensor
    log_sigma: Tensor


def component_log_prob(mixture: Mixture, z: Tensor) -> Tensor:
    """log N(z | mu_m, sigma_m) of z (B,d) under every component, (B,M)."""
    scaled = (z[:, None] - mixture.mu) * torch.exp(-mixture.log_sigma)
    constant = 0.5 * math.log(2.0 * math.pi) * z.shape[-1]
    return -0.5 * scaled.square().sum(-1) - mixture.log_sigma.sum(-1) - constant


def log_prob(mixture: Mixture, z: Tensor) -> Tensor:
    """Exact log-likelihood log P(z|G), (B,), by logsumexp over the components."""
    return torch.logsumexp(mixture.log_pi + component_log_prob(mixture, z), dim=1)


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
