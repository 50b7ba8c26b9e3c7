"""Everything a training run must remember to go on as if it had not been interrupted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from colorize_cli.model.networks.layout import channels_last

from ..options import TrainOptions
from .checkpoint import load_checkpoint, save_checkpoint
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
    lowest: float = math.inf  # score so far
    since_best: int = 0  # validations since it was lowest


Means = tuple[Tensor, ...] | list[Tensor]


def _moving_average(decay: float) -> Callable[[Means, Means, Tensor | int], None]:
    """For `AveragedModel`, which calls it once for all tensors of a device and type."""

    @torch.no_grad()
    def average(means: Means, new: Means, count: Tensor | int) -> None:
        # Shorter at first, or the random start would still be in the mean after thousands of steps.
        keep = min(decay, (1 + int(count)) / (10 + int(count)))
        if means[0].is_floating_point():
            torch._foreach_lerp_(means, new, 1.0 - keep)
        else:
            torch._foreach_copy_(means, new)

    return average


def parameter_groups(module: nn.Module) -> list[dict[str, Any]]:
    """Parameters by their share of the learning rate; `module.rates` has those of slower parts, by prefix."""
    rates: dict[str, float] = getattr(module, "rates", {})
    groups: dict[float, list[nn.Parameter]] = {1.0: []}
    for name, parameter in module.named_parameters():
        share = next((rate for prefix, rate in rates.items() if name.startswith(prefix)), 1.0)
        groups.setdefault(share, []).append(parameter)
    return [{"params": parameters, "share": share} for share, parameters in groups.items()]


def start_state(module: nn.Module, options: TrainOptions, runtime: Runtime) -> TrainState:
    """The state before the first step, on the runtime's device."""
    module = module.to(runtime.device)
    runtime.share_weights(module)
    module = channels_last(module)
    average = AveragedModel(module, multi_avg_fn=_moving_average(options.ema), use_buffers=True)
    if options.compile:
        for child in module.children():
            child.compile()
    optimizer = torch.optim.AdamW(parameter_groups(module), lr=options.lr, weight_decay=options.weight_decay)
    scaler = torch.amp.GradScaler(runtime.device.type, enabled=runtime.dtype == torch.float16)
    # Dropout draws from torch's own generator: other numbers in every process, as for other photos.
    torch.manual_seed(options.seed + runtime.rank)
    return TrainState(module, average, optimizer, scaler, torch.Generator().manual_seed(options.seed))


_PARTS = ("module", "average", "optimizer", "scaler")
_FIGURES = ("step", "seconds", "skipped", "lowest", "since_best")


def averaged_state(state: TrainState) -> dict[str, Any]:
    """What is needed to use the averaged weights, not to train on."""
    return {"average": state.average.state_dict(), "step": state.step}


def save_state(state: TrainState, path: Path, about: str) -> None:
    """Write the whole state to `path`, with `about`, the configuration as JSON."""
    parts: dict[str, Any] = {name: getattr(state, name).state_dict() for name in _PARTS}
    figures = {name: getattr(state, name) for name in _FIGURES}
    random = {"generator": state.generator.get_state(), "torch_rng": torch.get_rng_state()}
    save_checkpoint(path, parts | figures | random | {"about": about})


def restore_state(state: TrainState, path: Path, runtime: Runtime) -> None:
    """Bring `state` to what `save_state` left in `path`; nothing happens if there is no such file."""
    if not path.exists():
        return
    saved = load_checkpoint(path)
    for name in _PARTS:
        getattr(state, name).load_state_dict(saved[name])
    for name in _FIGURES:
        # A checkpoint of before a figure was kept lets it start anew.
        setattr(state, name, saved.get(name, getattr(state, name)))
    state.generator.set_state(saved["generator"])
    # What the checkpoint does not hold: dropout in the other processes, and on a GPU.
    torch.manual_seed(1009 * state.step + runtime.rank)
    if runtime.rank == 0:
        torch.set_rng_state(saved["torch_rng"])
