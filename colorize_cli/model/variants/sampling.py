"""Which N codes stand for a photo's variants: deterministic in (photo, seed, variant)."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

from colorize_cli.model.mixture import Mixture


def variant_noise(key: str, seed: int, n: int, d: int) -> Tensor:
    """(n,d) normal noise; row i depends on the photo's key, the seed and i alone, never on n or the batch."""
    rows = []
    for index in range(n):
        digest = hashlib.sha256(f"{key}:{seed}:{index}".encode()).digest()
        # A CPU generator gives the same numbers whatever device the network runs on.
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
        rows.append(torch.randn(d, generator=generator))
    return torch.stack(rows)


def variant_components(mixture: Mixture, n: int) -> Tensor:
    """Indices (B,n) of the components that variants are of: by weight, from the start again after all M."""
    order = mixture.log_pi.argsort(dim=1, descending=True, stable=True)
    return order[:, torch.arange(n, device=order.device) % order.shape[1]]


def variant_codes(mixture: Mixture, noise: Tensor, temperature: float) -> Tensor:
    """Mixture of B photos and noise (B,n,d) -> codes (B,n,d), most likely component first.

    Variant 1 is the mean of the heaviest component, free of noise. Variants 2 to M take the other
    components, by weight, with noise of `temperature` standard deviations; after all M, they are
    gone through again with full noise.
    """
    b, n, d = noise.shape
    components = mixture.log_pi.shape[1]
    index = variant_components(mixture, n)[:, :, None].expand(b, n, d)
    mu = mixture.mu.gather(1, index)
    sigma = mixture.log_sigma.gather(1, index).exp()
    strength = torch.full((n, 1), temperature, device=mu.device)
    strength[0] = 0.0
    strength[components:] = 1.0
    return mu + strength * sigma * noise.to(mu)


def variant_sigma(mixture: Mixture, components: Tensor) -> Tensor:
    """(B,n,d) standard deviations of components (B,n)."""
    index = components[:, :, None].expand(-1, -1, mixture.mu.shape[2])
    return mixture.log_sigma.gather(1, index).exp()
