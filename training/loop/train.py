"""The loop that trains every stage; read it from top to bottom.

Options, state, batches; then step after step: rate, loss, gradients, averaged weights; now and then the
held-out photos and a checkpoint; the end. A stage brings its module, its loss and its validation (`Task`).
Started by torchrun, every process goes through all of this with its part of each batch; the first one writes.
"""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from torch import Tensor, nn

from colorize_cli.errors import UsageError

from ..options import TrainOptions
from .checkpoint import keep_best
from .journal import Journal, RunningMeans
from .runtime import Runtime, open_runtime
from .state import TrainState, averaged_state, restore_state, save_state, start_state
from .task import Batches, Draw, Task

Log = Callable[[dict[str, Any]], None]
_LINE = 100  # steps between lines of the log
_MOST_SKIPPED = 100  # steps without a finite gradient, in a row, that end a run


def train(
    task: Task[Any],
    batches: Batches,
    folder: Path,
    options: TrainOptions,
    log: Log,
    *,
    tick: Callable[[int], None] = lambda step: None,
    about: str = "",
) -> bool:
    """Train up to `options.steps`, continuing `folder/<task>.pt`; False if it was stopped before.

    `tick` hears of the step that is begun with and of every step done; `about`, the whole configuration
    as JSON, is kept in the checkpoint. Leaves `task.module` on the CPU, with the last weights, not the
    averaged ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open_runtime(options) as runtime, StopSignals() as signals:
        state = start_state(task.module, options, runtime)
        restore_state(state, folder / f"{task.name}.pt", runtime)
        run = Run(task, folder, options, runtime, state, log, about)
        tick(state.step)
        for batch in run.remaining(batches):
            run.report(run.step(batch))
            tick(state.step)
            # Only the first process looks at the clock, but all must save and stop at the same step.
            stop, save = runtime.any(signals.came, run.overdue)
            if stop or save or run.ended:
                run.save()
            if stop or run.ended:
                break
        task.module.to("cpu")
        return run.ended


class StopSignals:
    """Inside `with`, SIGTERM and Ctrl-C set `came` and do nothing else, so that no step is lost half-way."""

    def __init__(self) -> None:
        self.came = False

    def __enter__(self) -> StopSignals:
        self._before = {s: signal.signal(s, self._note) for s in (signal.SIGTERM, signal.SIGINT)}
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.came = True

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def learning_rate(options: TrainOptions, step: int) -> float:
    """Warm up, hold, fall linearly to zero.

    The plateau has no memory of the planned length: a run that is resumed with more steps goes on as
    if it had been planned so, and one that is resumed with fewer starts to fall at once.
    """
    rise = min(1.0, (step + 1) / max(1, options.warmup))
    fall = min(1.0, (options.steps - step) / max(1.0, options.decay * options.steps))
    return options.lr * rise * max(fall, 0.0)


@dataclass
class Run:
    """A run. Its methods stand in the order in which a step needs them; every process calls them all."""

    task: Task[Any]
    folder: Path
    options: TrainOptions
    runtime: Runtime
    state: TrainState
    log: Log
    about: str

    def __post_init__(self) -> None:
        self._first = self.runtime.rank == 0
        tensorboard = self.options.tensorboard and self._first
        self._journal = Journal(self.folder, self.task.name, tensorboard=tensorboard)
        self._means = RunningMeans()
        self._start = time.monotonic() - self.state.seconds
        self._saved = time.monotonic()
        self._mark = (self.state.step, time.monotonic())

    @property
    def ended(self) -> bool:
        """Whether all steps are done or patience is exhausted."""
        exhausted = 0 < self.options.patience <= self.state.since_best
        return exhausted or self.state.step >= self.options.steps

    def remaining(self, batches: Batches) -> Iterator[Any]:
        """This process's part of each batch that is still to come."""
        options, begin = self.options, self.state.step
        return batches(
            options.batch_size,
            options.seed,
            range(begin, begin if self.ended else options.steps),
            share=self.runtime.share(options.batch_size),
            # A thread that reads takes the cores from the network for 0.2 s a step; reading takes 0.07 s.
            ahead=self.runtime.device.type != "cpu",
        )

    def step(self, batch: Any) -> dict[str, float]:
        """Learn from a batch; returns the figures of the loss and the norm of the gradient.

        A step whose gradient is not finite changes nothing and is counted; UsageError after a hundred on end.
        """
        state, options, runtime = self.state, self.options, self.runtime
        for group in state.optimizer.param_groups:
            # A checkpoint of before there were shares has none.
            group["lr"] = learning_rate(options, state.step) * group.get("share", 1.0)
        state.module.train()
        state.optimizer.zero_grad(set_to_none=True)
        before = [buffer.clone() for buffer in state.module.buffers()]
        draw = Draw(state.generator, runtime.share(options.batch_size).start, options.batch_size)
        with runtime.autocast():
            loss, figures = self.task.loss(runtime.move(batch), state.step, draw)
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
            self._skip(before)
        state.scaler.update()
        state.step += 1
        return figures | {"norm": norm}

    def _skip(self, buffers: list[Tensor]) -> None:
        # The forward pass has put the broken value into the batch norms' statistics, where it would stay.
        for buffer, before in zip(self.state.module.buffers(), buffers, strict=True):
            buffer.copy_(before)
        self.state.skipped += 1
        self.state.skipped_in_row += 1
        if self.state.skipped_in_row >= _MOST_SKIPPED:
            raise UsageError(
                f"The gradient was not finite in {_MOST_SKIPPED} steps on end, up to step {self.state.step}. "
                "Lower --lr, or look for broken photos; the last checkpoint is sound."
            )

    def report(self, figures: dict[str, float]) -> None:
        """Take in the figures of a step; now and then, look at the held-out photos and write a line."""
        self._means.add(figures)
        step, options = self.state.step, self.options
        validates = step == options.steps or step % options.validate_every == 0
        if not validates and step % _LINE:
            return
        row = self._row() | (self._validate() if validates else {})
        if self._first:
            self._journal.write(row)
            self.log(row)
        # After the look at held-out photos, whose time is not that of steps.
        self._mark = (step, time.monotonic())

    def _row(self) -> dict[str, Any]:
        self.state.seconds = time.monotonic() - self._start
        steps, seconds = self.state.step - self._mark[0], time.monotonic() - self._mark[1]
        head = {"step": self.state.step, "seconds": round(self.state.seconds), "skipped": self.state.skipped}
        rate = self.options.batch_size * steps / max(seconds, 1e-9)
        return head | {"img/s": rate} | self.runtime.mean(self._means.values)

    def _validate(self) -> dict[str, float]:
        """Figures of the averaged weights, which are kept if they are among the best; {} but in the first."""
        state, name = self.state, self.task.name
        self.runtime.average_buffers(state.average)
        figures = self.task.validate(state.average.module.eval()) if self._first else {}
        score = self.runtime.from_first(figures.get(self.task.score, 0.0))
        state.since_best += 1
        if score < state.lowest:
            state.lowest, state.since_best = score, 0
        if self._first and math.isfinite(score):
            keep_best(self.folder, name, score, state.step, self.options.keep, averaged_state(state))
        return {f"val_{key}": value for key, value in figures.items()}

    @property
    def overdue(self) -> bool:
        """Whether it is time for a checkpoint, by the clock of the first process."""
        return self._first and time.monotonic() - self._saved > self.options.save_every

    def save(self) -> None:
        """Write the checkpoint that the same command goes on from."""
        self.state.seconds = time.monotonic() - self._start
        # The mean, not the first process's own: each has seen a part of the photos, and none is better.
        self.runtime.average_buffers(self.state.module)
        if self._first:
            save_state(self.state, self.folder / f"{self.task.name}.pt", self.about)
        self._saved = time.monotonic()
