"""The training loop that both stages share: read it from top to bottom.

A stage brings its module, its loss and its validation (`Task`); the loop brings batches, the learning
rate, averaged weights, checkpoints, the log and an orderly stop.
"""

from __future__ import annotations

import json
import math
import signal
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from colorize_cli.model.modules import Module, channels_last

from .batches import Batch, training_batches
from .cache import Cache
from .checkpoint import load_checkpoint, save_checkpoint
from .draw import Draw
from .options import TrainOptions

Log = Callable[[dict[str, Any]], None]


class Task(Protocol[Module]):
    """What a stage adds to the loop."""

    name: str
    module: Module  # everything that is trained
    side: int  # of the colour field it wants

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


def _moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    def average(mean: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
        # Shorter at first, or the random start would still be in the mean after thousands of steps.
        keep = min(decay, (1 + int(count)) / (10 + int(count)))
        return torch.lerp(new.to(mean.dtype), mean, keep) if mean.is_floating_point() else new

    return average


def _append(path: Path, row: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}) + "\n")


def train(task: Task[Module], cache: Cache, folder: Path, options: TrainOptions, log: Log) -> bool:
    """Train up to `options.steps`, continuing `folder/<task>.pt`; False if it was stopped before."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{task.name}.pt"
    module = channels_last(task.module)
    average = AveragedModel(module, avg_fn=_moving_average(options.ema), use_buffers=True)
    optimizer = torch.optim.AdamW(module.parameters(), lr=options.lr, weight_decay=options.weight_decay)
    generator = torch.Generator().manual_seed(options.seed)
    step, seconds = 0, 0.0
    if path.exists():
        state = load_checkpoint(path)
        module.load_state_dict(state["module"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        generator.set_state(state["generator"])
        torch.set_rng_state(state["torch_rng"])
        step, seconds = state["step"], state["seconds"]
    else:
        torch.manual_seed(options.seed)

    def save() -> None:
        save_checkpoint(
            path,
            {
                "module": module.state_dict(),
                "average": average.state_dict(),
                "optimizer": optimizer.state_dict(),
                "generator": generator.get_state(),
                "torch_rng": torch.get_rng_state(),
                "step": step,
                "seconds": seconds,
                "options": asdict(options),
            },
        )

    rows = cache.rows(held_out=False)
    batches = training_batches(
        cache, rows, options.batch_size, task.side, options.seed, range(step, options.steps)
    )
    began = saved = time.monotonic()
    before = seconds
    figures: dict[str, float] = {}
    with _Stop() as stop:
        for batch in batches:
            module.train()
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(options, step)
            optimizer.zero_grad(set_to_none=True)
            loss, part = task.loss(batch, step, Draw(generator, 0, options.batch_size))
            loss.backward()  # type: ignore[no-untyped-call]
            norm = float(nn.utils.clip_grad_norm_(module.parameters(), options.clip))
            # One photo with a broken value must not end days of training: that step is left out.
            if math.isfinite(norm):
                optimizer.step()
                average.update_parameters(module)
            step += 1
            now = time.monotonic()
            seconds = before + now - began
            for key, value in part.items():
                figures[key] = value if key not in figures else 0.98 * figures[key] + 0.02 * value
            row: dict[str, Any] = {}
            if step % options.validate_every == 0 or step == options.steps:
                row = {f"val_{k}": v for k, v in task.validate(cast(Module, average.module.eval())).items()}
            if row or step % 100 == 0:
                rate = options.batch_size * step / max(seconds, 1e-9)
                row = {"step": step, "seconds": round(seconds), "img/s": rate, "norm": norm} | figures | row
                _append(folder / f"{task.name}.jsonl", row)
                log(row)
            if stop.asked or now - saved > options.save_every or step == options.steps:
                save()
                saved = time.monotonic()
            if stop.asked:
                break
    return step >= options.steps
