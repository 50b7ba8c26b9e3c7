"""The training loop that all stages share: read it from top to bottom.

A stage brings its module, its loss and its validation (`Task`); the loop brings batches, the learning
rate, averaged weights, checkpoints, the log and an orderly stop.
"""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from colorize_cli.errors import UsageError
from colorize_cli.model.modules import Module

from .batches import Batch, training_batches
from .cache import Cache
from .draw import Draw
from .journal import Journal
from .options import TrainOptions
from .runtime import Runtime, open_runtime
from .state import TrainState, restored, save_best, save_state, start_state

Log = Callable[[dict[str, Any]], None]
_PATIENCE = 100  # steps without a finite gradient, in a row, that end a run


class Task(Protocol[Module]):
    """What a stage adds to the loop."""

    name: str
    module: Module  # everything that is trained
    side: int  # of the colour field it wants
    needs_features: bool
    score: str  # the figure of `validate` that tells which weights are best; less is better

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """The loss to minimise and figures for the log."""
        ...

    def validate(self, module: Module) -> dict[str, float]:
        """Figures on the held-out photos with the given (averaged) weights."""
        ...


def learning_rate(options: TrainOptions, step: int) -> float:
    """Warm up, hold, fall linearly to zero.

    The plateau has no memory of the planned length: a run that is resumed with more steps goes on as
    if it had been planned so, and one that is resumed with fewer starts to fall at once.
    """
    rise = min(1.0, (step + 1) / options.warmup)
    fall = min(1.0, (options.steps - step) / max(1.0, options.decay * options.steps))
    return options.lr * rise * max(fall, 0.0)


class _Stop:
    """SIGTERM and Ctrl-C ask for a stop after the current step, so that nothing is lost."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> _Stop:
        self._before = {s: signal.signal(s, self._ask) for s in (signal.SIGTERM, signal.SIGINT)}
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _update(
    state: TrainState, task: Task[Any], batch: Batch, options: TrainOptions, runtime: Runtime
) -> dict[str, float]:
    """One step of the optimizer; returns the figures of the loss."""
    share = runtime.share(options.batch_size)
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(options, state.step)
    state.optimizer.zero_grad(set_to_none=True)
    with runtime.autocast():
        draw = Draw(state.generator, share.start, options.batch_size)
        loss, figures = task.loss(runtime.move(batch), state.step, draw)
    state.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
    state.scaler.unscale_(state.optimizer)
    runtime.average_gradients(state.module)
    norm = float(nn.utils.clip_grad_norm_(state.module.parameters(), options.clip))
    # One photo with a broken value must not end days of training: that step is left out.
    if math.isfinite(norm):
        state.scaler.step(state.optimizer)
        state.average.update_parameters(state.module)
        state.skipped_in_row = 0
    else:
        state.skipped += 1
        state.skipped_in_row += 1
    state.scaler.update()
    state.step += 1
    return figures | {"norm": norm}


def _check(state: TrainState) -> None:
    if state.skipped_in_row >= _PATIENCE:
        raise UsageError(
            f"The gradient was not finite in {_PATIENCE} steps on end, up to step {state.step}. "
            "Lower --lr, or look for broken photos; the last checkpoint is sound."
        )


class _Means:
    """Running means of the figures of a loss, for a log that can be read."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def add(self, figures: dict[str, float]) -> None:
        for key, value in figures.items():
            if math.isfinite(value):
                self.values[key] = 0.98 * self.values.get(key, value) + 0.02 * value


def _validate(
    state: TrainState, task: Task[Any], folder: Path, options: TrainOptions, runtime: Runtime
) -> dict[str, float]:
    """Measure the averaged weights, and keep them if they are among the best; in the first process."""
    runtime.average_buffers(state.average)
    if runtime.rank:
        return {}
    figures = task.validate(state.average.module.eval())
    save_best(state, folder, task.name, figures[task.score], options.keep)
    return {f"val_{key}": value for key, value in figures.items()}


def _exhausted(state: TrainState, options: TrainOptions) -> bool:
    return 0 < options.patience <= state.since_best


def train(
    task: Task[Any],
    cache: Cache,
    folder: Path,
    options: TrainOptions,
    log: Log,
    *,
    rows: NDArray[np.int64] | None = None,
    tick: Callable[[int], None] = lambda step: None,
    about: str = "",
) -> bool:
    """Train up to `options.steps`, continuing `folder/<task>.pt`; False if it was stopped before.

    `rows` of the cache are trained on, by default all that are not held out; `tick` hears of every
    step; `about`, the whole configuration as JSON, is kept in the checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open_runtime(options) as runtime, _Stop() as stop:
        state = restored(start_state(task.module, options, runtime), folder / f"{task.name}.pt", runtime)
        journal = Journal(folder, task.name, tensorboard=options.tensorboard and runtime.rank == 0)
        batches = training_batches(
            cache,
            cache.rows(held_out=False) if rows is None else rows,
            options.batch_size,
            task.side,
            options.seed,
            range(state.step, options.steps),
            features=task.needs_features,
            share=runtime.share(options.batch_size),
        )
        before, began, saved = state.seconds, time.monotonic(), time.monotonic()
        means = _Means()
        done = state.done or state.step >= options.steps
        for batch in () if done else batches:
            state.module.train()
            means.add(_update(state, task, batch, options, runtime))
            _check(state)
            tick(state.step)
            state.seconds = before + time.monotonic() - began
            last = state.step == options.steps
            row: dict[str, Any] = {}
            if last or state.step % options.validate_every == 0:
                row = _validate(state, task, folder, options, runtime)
                done = last or runtime.any(_exhausted(state, options))[0]
            if runtime.rank == 0 and (row or state.step % 100 == 0):
                rate = options.batch_size * state.step / max(state.seconds, 1e-9)
                head = {"step": state.step, "seconds": round(state.seconds), "img/s": rate}
                row = head | {"skipped": state.skipped} | means.values | row
                journal.write(row)
                log(row)
            # Only the first process looks at the clock, but all must stop and save at the same step.
            ask_save = time.monotonic() - saved > options.save_every and runtime.rank == 0
            stopped, save = runtime.any(stop.asked, ask_save)
            if stopped or save or done:
                state.done = done
                runtime.average_buffers(state.module)
                if runtime.rank == 0:
                    save_state(state, folder / f"{task.name}.pt", about)
                saved = time.monotonic()
            if stopped or done:
                break
        return done
