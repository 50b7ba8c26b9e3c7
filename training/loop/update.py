"""One step of training: loss, gradients, optimizer, averaged weights."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn

from colorize_cli.errors import UsageError

from ..data.batches import Batch
from ..options import TrainOptions
from .draw import Draw
from .runtime import Runtime
from .state import TrainState
from .task import Task

_MOST_SKIPPED = 100  # steps without a finite gradient, in a row, that end a run


def learning_rate(options: TrainOptions, step: int) -> float:
    """Warm up, hold, fall linearly to zero.

    The plateau has no memory of the planned length: a run that is resumed with more steps goes on as
    if it had been planned so, and one that is resumed with fewer starts to fall at once.
    """
    rise = min(1.0, (step + 1) / max(1, options.warmup))
    fall = min(1.0, (options.steps - step) / max(1.0, options.decay * options.steps))
    return options.lr * rise * max(fall, 0.0)


def update(
    state: TrainState, task: Task[Any], batch: Batch, options: TrainOptions, runtime: Runtime
) -> dict[str, float]:
    """Do a step; returns the figures of the loss and the norm of the gradient.

    A step whose gradient is not finite changes nothing and is counted; UsageError after a hundred on end.
    """
    for group in state.optimizer.param_groups:
        # A checkpoint of before there were shares has none.
        group["lr"] = learning_rate(options, state.step) * group.get("share", 1.0)
    state.module.train()
    state.optimizer.zero_grad(set_to_none=True)
    before = [buffer.clone() for buffer in state.module.buffers()]
    draw = Draw(state.generator, runtime.share(options.batch_size).start, options.batch_size)
    with runtime.autocast():
        loss, figures = task.loss(runtime.move(batch), state.step, draw)
    state.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
    # While they are scaled, so that an overflow in one process lowers the scale in all.
    runtime.average_gradients(state.module)
    state.scaler.unscale_(state.optimizer)
    norm = float(nn.utils.clip_grad_norm_(state.module.parameters(), options.clip))
    # One photo with a broken value must not end days of training: that step is left out.
    if math.isfinite(norm):
        state.scaler.step(state.optimizer)
        state.average.update_parameters(state.module)
        state.skipped_in_row = 0
    else:
        _leave_out(state, before)
    state.scaler.update()
    state.step += 1
    return figures | {"norm": norm}


def _leave_out(state: TrainState, buffers: list[Tensor]) -> None:
    # The forward pass has put the broken value into the batch norms' statistics, where it would stay.
    for buffer, before in zip(state.module.buffers(), buffers, strict=True):
        buffer.copy_(before)
    state.skipped += 1
    state.skipped_in_row += 1
    if state.skipped_in_row >= _MOST_SKIPPED:
        raise UsageError(
            f"The gradient was not finite in {_MOST_SKIPPED} steps on end, up to step {state.step}. "
            "Lower --lr, or look for broken photos; the last checkpoint is sound."
        )
