"""Of decoded candidates: which become variants, and what the mixture thinks of those."""

from __future__ import annotations

import torch
from torch import Tensor

from colorize_cli.calls import packed
from colorize_cli.model.choosing import choose, distances
from colorize_cli.model.mixture import Mixture, log_prob
from colorize_cli.model.sampling import variant_components


def told(
    mixture: Mixture, components: Tensor, codes: Tensor, fields: Tensor, spread: Tensor | None
) -> Tensor:
    """What `calls.unpacked` takes apart: of variants (B,n) their components, codes and fields."""
    weight = mixture.log_pi.gather(1, components).exp()
    likelihood = torch.stack([log_prob(mixture, code) for code in codes.unbind(1)], 1)
    distance = (fields - fields[:, :1]).square().sum(2).sqrt().mean((2, 3))
    return packed((weight, likelihood, distance), fields, spread)


def taken(
    mixture: Mixture, codes: Tensor, fields: Tensor, n: int, diversity: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Of candidates (B,K), those that are asked for: components, codes and fields (B,n)."""
    components = variant_components(mixture, codes.shape[1])
    if diversity > 0.0:
        chosen = choose(distances(fields), n, diversity)
        components = components.gather(1, chosen)
        codes = torch.take_along_dim(codes, chosen[:, :, None], 1)
        fields = torch.take_along_dim(fields, chosen[:, :, None, None, None], 1)
    return components, codes, fields
