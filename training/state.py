"""Everything a training run must remember to go on as if it had not been interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from colorize_cli.model.modules import channels_last

from .checkpoint import keep_best, load_checkpoint, save_checkpoint
from .options import TrainOptions
from .runtime import Runtime


@dataclass
class TrainState:
    """The moving parts of a run."""

    module: nn.Module
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    generator: torch.Generator  # of noise that `Draw` hands out, the same in every process
    step: int = 0
    seconds: float = 0.0
    skipped: int = 0  # steps whose gradient was not finite
    skipped_in_row: int = 0
    since_best: int = 0  # validations since the score was best
    best: list[tuple[float, int]] = field(default_factory=list)  # (score, step), lowest score first
    done: bool = False


def _moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    def average(mean: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
        # Shorter at first, or the random start would still be in the mean after thousands of steps.
        keep = min(decay, (1 + int(count)) / (10 + int(count)))
        return torch.lerp(new.to(mean.dtype), mean, keep) if mean.is_floating_point() else new

    return average


def start_state(module: nn.Module, options: TrainOptions, runtime: Runtime) -> TrainState:
    """The state before the first step, on the runtime's device."""
    module = channels_last(module.to(runtime.device))
    average = AveragedModel(module, avg_fn=_moving_average(options.ema), use_buffers=True)
    if options.compile:
        for child in module.children():
            child.compile()
    optimizer = torch.optim.AdamW(module.parameters(), lr=options.lr, weight_decay=options.weight_decay)
    scaler = torch.amp.GradScaler(runtime.device.type, enabled=runtime.dtype == torch.float16)
    # Dropout draws from torch's own generator: other numbers in every process, as for other photos.
    torch.manual_seed(options.seed + runtime.rank)
    return TrainState(module, average, optimizer, scaler, torch.Generator().manual_seed(options.seed))


_PARTS = ("module", "average", "optimizer", "scaler")
_FIGURES = ("step", "seconds", "skipped", "since_best", "done")


def averaged_state(state: TrainState) -> dict[str, Any]:
    """What is needed to use the averaged weights, not to train on."""
    return {"average": state.average.state_dict(), "step": state.step}


def save_state(state: TrainState, path: Path, about: str) -> None:
    """Write the whole state to `path`, with `about`, the configuration as JSON."""
    parts: dict[str, Any] = {name: getattr(state, name).state_dict() for name in _PARTS}
    figures = {name: getattr(state, name) for name in _FIGURES}
    random = {"generator": state.generator.get_state(), "torch_rng": torch.get_rng_state()}
    save_checkpoint(path, parts | figures | random | {"best": state.best, "about": about})


def restored(state: TrainState, path: Path, runtime: Runtime) -> TrainState:
    """`state` as `save_state` left it in `path`; as it is if there is no such file."""
    if not path.exists():
        return state
    saved = load_checkpoint(path)
    for name in _PARTS:
        getattr(state, name).load_state_dict(saved[name])
    for name in _FIGURES:
        setattr(state, name, saved[name])
    state.best = [(score, step) for score, step in saved["best"]]
    state.generator.set_state(saved["generator"])
    if runtime.rank == 0:
        torch.set_rng_state(saved["torch_rng"])
    else:
        torch.manual_seed(1009 * state.step + runtime.rank)
    return state


def save_best(state: TrainState, folder: Path, name: str, score: float, keep: int) -> None:
    """Note a validation: its score among the `keep` best, and how long ago the best one was."""
    improved = not state.best or score < state.best[0][0]
    state.since_best = 0 if improved else state.since_best + 1
    entry = (score, state.step)
    state.best = keep_best(folder, name, state.best, entry, max(1, keep), averaged_state(state))
