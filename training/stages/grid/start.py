"""What a grid network starts from."""

from __future__ import annotations

from pathlib import Path

from colorize_cli.errors import UsageError
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.backbone import load_imagenet

from ...data.imagenet import imagenet_weights
from ..weights import load_matching


def start_net(net: ColorNet, weights: Path | None) -> ColorNet:
    """`net` with ImageNet's backbone, or the network of a weights file; UsageError if that is another one."""
    config = net.config
    if config.architecture != "grid":
        raise UsageError(
            f"Networks of architecture {config.architecture} are trained by: colorize-train vae."
        )
    if weights is not None:
        return load_matching(config, weights)[0]
    load_imagenet(net.backbone, imagenet_weights(config.backbone), config.backbone)
    return net
