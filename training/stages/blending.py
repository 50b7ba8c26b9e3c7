"""Weights between two networks: often better than either (Wortsman et al. 2022, WiSE-FT)."""

from __future__ import annotations

from torch import Tensor, nn


def blended(base: nn.Module, tuned: nn.Module, share: float) -> dict[str, Tensor]:
    """State between two modules of one shape: 0 is `base`, 1 is `tuned`."""
    theirs = tuned.state_dict()
    return {
        key: value.lerp(theirs[key].to(value), share) if value.is_floating_point() else value
        for key, value in base.state_dict().items()
    }
