"""Checkpoints of a training run: files replaced atomically, read without opening pickles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn

from colorize_cli.errors import UsageError

State = dict[str, Any]


def save_checkpoint(path: Path, state: State) -> None:
    """Write `state` beside `path`, then move it over, so that a kill leaves the old file or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        torch.save(state, file)
        file.flush()
        # Without it a power cut can leave the new name on an empty file.
        os.fsync(file.fileno())
    temporary.replace(path)


def load_checkpoint(path: Path) -> State:
    """The state that `save_checkpoint` wrote; UsageError if there is none or it cannot be read."""
    if not path.exists():
        raise UsageError(f"{path} does not exist: the stage that writes it has not run yet.")
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
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


def best_path(folder: Path, name: str, step: int) -> Path:
    """Where the averaged weights of a good step are kept."""
    return folder / f"{name}-best-{step:07d}.pt"


def keep_best(
    folder: Path,
    name: str,
    ranking: list[tuple[float, int]],
    entry: tuple[float, int],
    keep: int,
    state: State,
) -> list[tuple[float, int]]:
    """Add (score, step) to the ranking, lowest first; `state` is written if it is among the first `keep`.

    Files that fall out of the ranking are removed. Returns the new ranking.
    """
    ranked = sorted([*ranking, entry])[:keep]
    if entry in ranked:
        save_checkpoint(best_path(folder, name, entry[1]), state)
    for _, step in set(ranking) - set(ranked):
        best_path(folder, name, step).unlink(missing_ok=True)
    return ranked


def chosen_checkpoint(folder: Path, name: str, *, best: bool) -> Path:
    """The last checkpoint of a stage, or the best that was kept; UsageError if there is none."""
    last = folder / f"{name}.pt"
    ranking = load_checkpoint(last).get("best", []) if best else []
    return best_path(folder, name, ranking[0][1]) if ranking else last
