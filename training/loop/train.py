"""The training loop that all stages share: read it from top to bottom.

A stage brings its module, its loss and its validation (`Task`); the loop brings batches, the learning
rate, averaged weights, checkpoints, the log and an orderly stop. A step is `update.update`; what happens
between steps is `loop.Loop`; what a run remembers is `state.TrainState`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.batches import training_batches
from ..data.cache import Cache
from ..options import TrainOptions
from .loop import Log, Loop
from .runtime import open_runtime
from .state import restored, start_state
from .stopping import Stopping
from .task import Task
from .update import learning_rate, update

__all__ = ["Log", "Task", "learning_rate", "train"]


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

    `rows` of the cache are trained on, by default all that are not held out; `tick` hears of the step
    that is begun with and of every step done; `about`, the whole configuration as JSON, is kept in the
    checkpoint. Leaves `task.module` on the CPU, with the last weights, not the averaged ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open_runtime(options) as runtime, Stopping() as stopping:
        state = restored(start_state(task.module, options, runtime), folder / f"{task.name}.pt", runtime)
        loop = Loop(task, folder, options, runtime, state, log, about)
        batches = training_batches(
            cache,
            cache.rows(held_out=False) if rows is None else rows,
            options.batch_size,
            task.side,
            options.seed,
            range(state.step, state.step if loop.ended else options.steps),
            features=task.needs_features,
            share=runtime.share(options.batch_size),
            # A thread that reads takes the cores from the network for 0.2 s a step; reading takes 0.07 s.
            ahead=runtime.device.type != "cpu",
        )
        tick(state.step)
        for batch in batches:
            loop.measure(update(state, task, batch, options, runtime))
            tick(state.step)
            if not loop.goes_on(stopping.asked):
                break
        task.module.to("cpu")
        return loop.ended
