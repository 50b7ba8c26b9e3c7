"""What happens beside the steps of training: figures, best weights, checkpoints, the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..options import TrainOptions
from .journal import Journal, Means
from .runtime import Runtime
from .state import TrainState, note_score, save_state
from .task import Task

Log = Callable[[dict[str, Any]], None]
_LINE = 100  # steps between lines of the log


@dataclass
class Loop:
    """A run between two steps. Every process calls the same methods; only the first writes."""

    task: Task[Any]
    folder: Path
    options: TrainOptions
    runtime: Runtime
    state: TrainState
    log: Log
    about: str

    def __post_init__(self) -> None:
        first = self.runtime.rank == 0
        self._journal = Journal(self.folder, self.task.name, tensorboard=self.options.tensorboard and first)
        self._means = Means()
        self._start = time.monotonic() - self.state.seconds
        self._saved = time.monotonic()
        self._mark = (self.state.step, time.monotonic())

    @property
    def ended(self) -> bool:
        """Whether all steps are done or patience is exhausted."""
        exhausted = 0 < self.options.patience <= self.state.since_best
        return exhausted or self.state.step >= self.options.steps

    def measure(self, figures: dict[str, float]) -> None:
        """Take in the figures of a step; now and then, write a line and look at the held-out photos."""
        self._means.add(figures)
        step, options = self.state.step, self.options
        looks = step == options.steps or step % options.validate_every == 0
        if not looks and step % _LINE:
            return
        row = self._row()
        if looks:
            row |= self._validate()
        if self.runtime.rank == 0:
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
        self.runtime.average_buffers(self.state.average)
        figures: dict[str, float] = {}
        if self.runtime.rank == 0:
            figures = self.task.validate(self.state.average.module.eval())
        score = self.runtime.from_first(figures.get(self.task.score, 0.0))
        first = self.runtime.rank == 0
        note_score(self.state, self.folder, self.task.name, score, self.options.keep, write=first)
        return {f"val_{key}": value for key, value in figures.items()}

    def goes_on(self, asked: bool) -> bool:
        """Save if it is time; False if the run has ended or any process was `asked` to stop."""
        # Only the first process looks at the clock, but all must save and stop at the same step.
        overdue = time.monotonic() - self._saved > self.options.save_every and self.runtime.rank == 0
        stop, save = self.runtime.any(asked, overdue)
        if stop or save or self.ended:
            self._save()
        return not (stop or self.ended)

    def _save(self) -> None:
        self.state.seconds = time.monotonic() - self._start
        # The mean, not the first process's own: each has seen a part of the photos, and none is better.
        self.runtime.average_buffers(self.state.module)
        if self.runtime.rank == 0:
            save_state(self.state, self.folder / f"{self.task.name}.pt", self.about)
        self._saved = time.monotonic()
