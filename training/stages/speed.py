"""How fast this machine trains, measured in two seconds, so that a person can decide whether to wait."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import torch

from colorize_cli.model.network import ColorNet

from ..data.view_batches import Sizes, ViewBatch, sides
from ..loop.task import Draw
from ..options import GridOptions
from .grid.loss import forward, grid_loss
from .grid.task import GridNet


def _seconds(work: Callable[[], object]) -> float:
    """Of one call, after one to warm up: the faster of two, since the machine may be busy now."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def step_rate(net: ColorNet, sizes: Sizes, batch_size: int) -> float:
    """Steps a second of the training of a grid network, reading of photos aside."""
    module = GridNet(copy.deepcopy(net), backbone_rate=1.0).train()
    code, detail = sides(sizes.code), sides(sizes.detail)
    batch = ViewBatch(
        torch.rand(batch_size, 1, *code),
        torch.rand(batch_size, 1, *detail),
        torch.rand(batch_size, 2, detail[0] // 4, detail[1] // 4),
        torch.rand(batch_size, 1, detail[0] // 4, detail[1] // 4),
    )

    def step() -> None:
        draw = Draw(torch.Generator(), 0, batch_size)
        options = GridOptions()
        loss, _ = grid_loss(forward(module.net, batch, draw, options), batch, 0, options)
        loss.backward()  # type: ignore[no-untyped-call]

    return 1.0 / _seconds(step)
