"""Weights files as what a run starts from, in parts, and as what it is blended with."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from torch import Tensor, nn

from colorize_cli.errors import UsageError
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import WeightsInfo, load_weights

from ..options import VariantOptions
from .vae import VAE

# No parameter's shape or meaning depends on these.
_FREE = (*(field.name for field in dataclasses.fields(VariantOptions)), "mdn_dropout")
_MIXTURE = ("components", "mdn_widths", "mdn_variance")


def load_matching(
    config: ModelConfig, weights: Path, whatever: tuple[str, ...] = _FREE
) -> tuple[ColorNet, WeightsInfo]:
    """What `load_weights` gives; UsageError if the network's config differs in more than `whatever`."""
    net, info = load_weights(weights)
    theirs = dataclasses.replace(net.config, **{name: getattr(config, name) for name in whatever})
    if theirs != config:
        raise UsageError(
            f"{weights} holds another network: {theirs.to_json()} instead of {config.to_json()}."
        )
    return net, info


def _copy(source: nn.Module, target: nn.Module) -> None:
    target.load_state_dict(source.state_dict())


def start_vae(vae: VAE, weights: Path) -> None:
    """Put encoder and decoder of `weights` into `vae`; UsageError if that is of another network."""
    net, _ = load_matching(vae.config, weights, _FREE + _MIXTURE)
    _copy(net.encoder, vae.encoder)
    _copy(net.decoder, vae.decoder)


def start_mdn(mdn: nn.Module, config: ModelConfig, weights: Path) -> None:
    """Put the MDN of `weights` into `mdn`; UsageError if that is of another network."""
    net, _ = load_matching(config, weights)
    _copy(net.mdn, mdn)


def blend(base: nn.Module, tuned: nn.Module, share: float) -> dict[str, Tensor]:
    """State between two modules of one shape, 0 `base` and 1 `tuned`: often better than either.

    Wortsman et al. 2022, WiSE-FT.
    """
    theirs = tuned.state_dict()
    return {
        key: value.lerp(theirs[key].to(value), share) if value.is_floating_point() else value
        for key, value in base.state_dict().items()
    }
