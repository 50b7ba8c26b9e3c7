"""How fast this machine trains, measured in two seconds, so that a person can decide whether to wait."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import torch

from colorize_cli.model.network import ColorNet

from ..data.batches import Batch
from ..data.statistics import BINS
from ..loop.task import Draw
from ..options import JointOptions, VAEOptions
from .joint.loss import KINDS, Recipe, joint_loss
from .joint.network import JointNet

_ENCODED = 16  # photos to a call in `prepare`


def _seconds(work: Callable[[], object]) -> float:
    """Of one call, after one to warm up: the faster of two, since the machine may be busy now."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times[1:])


@torch.inference_mode()
def encoder_rate(net: ColorNet) -> float:
    """Photos a second through the grey encoder."""
    view = torch.rand(_ENCODED, 1, net.config.view, net.config.view)
    view = view.contiguous(memory_format=torch.channels_last)
    return _ENCODED / _seconds(lambda: net.backbone(view))


def step_rate(net: ColorNet, batch_size: int) -> float:
    """Steps a second of the training of both stages, reading of the cache aside."""
    module, config = JointNet(copy.deepcopy(net)).train(), net.config
    sides = (config.view // 8, config.view // 16, config.view // 32)
    features = tuple(torch.rand(batch_size, c, s, s) for c, s in zip(config.features, sides, strict=True))
    batch = Batch(
        torch.rand(batch_size, 1, config.view, config.view),
        torch.rand(batch_size, 2, config.field, config.field),
        features,
    )
    draw = Draw(torch.Generator(), 0, batch_size)
    recipe = Recipe(VAEOptions(), JointOptions(), dict.fromkeys(KINDS, torch.ones(BINS**2)), config)

    def step() -> None:
        loss, _ = joint_loss(module, batch, draw, recipe)
        loss.backward()  # type: ignore[no-untyped-call]

    return 1.0 / _seconds(step)
