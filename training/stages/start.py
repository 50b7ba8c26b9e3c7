"""Where a new run starts from: the parts of a weights file instead of chance."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from torch import nn

from colorize_cli.errors import UsageError
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import WeightsInfo, load_weights

from .vae import VAE

# No parameter's shape or meaning depends on these.
_FREE = ("temperature", "saturation", "first_saturation", "first_leveling", "diversity", "mdn_dropout")
_MIXTURE = ("components", "mdn_widths", "mdn_variance")


def matching(
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
    net, _ = matching(vae.config, weights, _FREE + _MIXTURE)
    _copy(net.encoder, vae.encoder)
    _copy(net.decoder, vae.decoder)


def start_mdn(mdn: nn.Module, config: ModelConfig, weights: Path) -> None:
    """Put the MDN of `weights` into `mdn`; UsageError if that is of another network."""
    net, _ = matching(config, weights)
    _copy(net.mdn, mdn)
