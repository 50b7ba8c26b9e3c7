"""How strongly variants are coloured: the decoder, trained to err little, is pale."""

from __future__ import annotations

import torch
from torch import Tensor

from colorize_cli.model.config import ModelConfig

_LEVEL = 12.0  # mean chroma of a decoded field, in CIELAB units, at which leveling changes nothing
_LEAST, _MOST = 0.6, 1.8  # of what leveling multiplies by: a hint of colour may be an error


def mean_chroma(field: Tensor) -> Tensor:
    """Mean chroma of each field (B,2,f,f), (B,), in the units of the field."""
    chroma: Tensor = torch.linalg.vector_norm(field, dim=1)
    return chroma.mean((1, 2))


def saturations(fields: Tensor, config: ModelConfig) -> Tensor:
    """Decoded ab (B,n,2,f,f) of variants in their order, CIELAB units -> the factor on each, (B,n)."""
    # Filled in place: numbers from the host would have to be copied to a card, and waited for.
    factors = fields.new_full(fields.shape[:2], config.saturation)
    if config.first_saturation is not None:
        factors[:, 0] = config.first_saturation
    if config.first_leveling:
        chroma = mean_chroma(fields[:, 0]).clamp_min(1e-3)
        factors[:, 0] *= (_LEVEL / chroma).pow(config.first_leveling).clamp(_LEAST, _MOST)
    return factors


def saturated(fields: Tensor, factors: Tensor) -> Tensor:
    """Fields (B,n,2,f,f) times their factors (B,n)."""
    return fields * factors[:, :, None, None, None]
