"""Checkpoints of a training run: one file, replaced atomically, read without opening pickles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from colorize_cli.errors import UsageError


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write `state` beside `path`, then move it over, so that a kill leaves the old file or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The state that `save_checkpoint` wrote; UsageError if there is none or it cannot be read."""
    if not path.exists():
        raise UsageError(f"{path} does not exist: the stage that writes it has not run yet.")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise UsageError(f"{path} is not a readable checkpoint ({error}).") from error
    return state


def load_averaged(module: nn.Module, path: Path) -> None:
    """Put the averaged weights of a checkpoint into `module`; UsageError if they do not fit it."""
    prefix = "module."
    average = load_checkpoint(path)["average"]
    state = {k.removeprefix(prefix): v for k, v in average.items() if k.startswith(prefix)}
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise UsageError(f"{path} is of a network of other sizes ({error}).") from error
