"""What a person sees of a training: a bar on a terminal, lines in a log file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn

from colorize_cli.errors import ExitCode

from ..options import TrainOptions

if TYPE_CHECKING:  # torch comes with them, and `--help` has no use for torch
    from colorize_cli.model.config import ModelConfig

    from ..data.cache import Cache
    from ..loop.task import Batches


console = Console(stderr=True)


def _text(row: dict[str, Any]) -> str:
    return "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())


class Watch:
    """Progress for people: a bar on a terminal, a line now and then in a log file.

    Of torchrun's processes only the first shows anything.
    """

    def __init__(self, name: str, steps: int) -> None:
        self._bar = Progress(
            *Progress.get_default_columns(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._task = self._bar.add_task(name, total=steps, note="")
        self._begun = False

    def __enter__(self) -> Watch:
        if console.is_terminal and is_first_process():
            self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        # Stopping a bar that was never shown would leave an empty line in a log file.
        if self._bar.live.is_started:
            self._bar.stop()

    def tick(self, step: int) -> None:
        """The step that is done; the first call tells where the run begins."""
        if self._begun:
            self._bar.update(self._task, completed=step)
        else:
            # Or the steps of earlier sittings would count as done in no time, and the end as near.
            self._bar.reset(self._task, completed=step)
        self._begun = True

    def log(self, row: dict[str, Any]) -> None:
        """Figures of a step: beside the bar, and as a line where there is none or photos were measured."""
        looked = any(key.startswith("val_") for key in row)
        running = {k: v for k, v in row.items() if isinstance(v, float) and not k.startswith("val_")}
        self._bar.update(self._task, note=_text(running))
        if looked or not console.is_terminal:
            console.print(_text(row), highlight=False, soft_wrap=True)


def is_first_process() -> bool:
    """Whether this is the one process of a training, or the first that torchrun has started."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def counting(name: str, total: int, *, transient: bool = True) -> Iterator[Callable[[int], None]]:
    """A bar of photos; yields what is told how many photos more are done."""
    with Progress(console=console, transient=transient) as bar:
        task = bar.add_task(name, total=total)
        yield lambda done: bar.advance(task, done)


def note(text: str) -> None:
    """A line for the person who started the training."""
    if is_first_process():
        console.print(text, highlight=False, soft_wrap=True)


def cached(task: Any, cache: Cache) -> tuple[Batches, Sequence[Any]]:
    """The first two arguments of `train_on` for a task that learns from a cache."""
    from ..data.batches import CacheBatches

    batches = CacheBatches(cache, cache.rows(held_out=False), task.side, task.needs_features)
    return batches, [cache.spec]


def train_on(
    batches: Batches,
    stores: Sequence[Any],
    task: Any,
    run: Path,
    options: TrainOptions,
    preset: str,
    config: ModelConfig,
    values: dict[str, Any],
) -> ExitCode:
    """Train a task on batches; what decides what comes of it, the stores' specs too, is kept with it."""
    from ..loop.configuration import about
    from ..loop.train import train

    everything = about(preset, config, stores, values)
    with Watch(task.name, options.steps) as watch:
        complete = train(task, batches, run, options, watch.log, tick=watch.tick, about=everything)
    if not complete:
        note("Stopped and saved. The same command goes on from here.")
    return ExitCode.OK if complete else ExitCode.INTERRUPTED
