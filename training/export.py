"""`export`: the averaged weights of both stages and the backbone -> one weights file for `colorize`."""

from __future__ import annotations

from pathlib import Path

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import save_weights

from .checkpoint import load_averaged
from .prepare import imagenet_encoder
from .vae import trained_vae


def assemble(config: ModelConfig, folder: Path) -> ColorNet:
    """The whole network from the checkpoints of a training folder; UsageError if a stage is missing."""
    net = ColorNet(config)
    vae = trained_vae(config, folder)
    load_averaged(net.mdn, folder / "mdn.pt")
    net.backbone, net.encoder, net.decoder = (
        imagenet_encoder(config.backbone),
        vae.encoder,
        vae.decoder,
    )
    return net.eval()


def export(config: ModelConfig, folder: Path, output: Path, name: str) -> None:
    """Write the weights file of a training folder to `output`."""
    output.parent.mkdir(parents=True, exist_ok=True)
    save_weights(output, assemble(config, folder), name)
