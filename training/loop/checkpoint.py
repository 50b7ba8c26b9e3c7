"""Checkpoints of a training run: files replaced atomically, read without opening pickles."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from colorize_cli.common.atomic import replace_file
from colorize_cli.errors import UsageError

State = dict[str, Any]


def save_checkpoint(path: Path, state: State) -> None:
    """Write `state` to `path`, all of it or nothing."""
    whole = io.BytesIO()
    torch.save(state, whole)
    # Durable: without it a power cut can leave the new name on an empty file.
    replace_file(path, whole.getvalue(), durable=True)


def load_checkpoint(path: Path) -> State:
    """The state that `save_checkpoint` wrote; UsageError if there is none or it cannot be read."""
    if not path.exists():
        raise UsageError(f"{path} does not exist: the stage that writes it has not run yet.")
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise UsageError(f"{path} is not a readable checkpoint ({error}).") from error
    return state


def load_averaged(module: nn.Module, path: Path, part: str = "") -> None:
    """Put averaged weights of a checkpoint, or a `part` of them, into `module`; UsageError if they misfit."""
    prefix = f"module.{part}"
    average = load_checkpoint(path)["average"]
    state = {k.removeprefix(prefix): v for k, v in average.items() if k.startswith(prefix)}
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise UsageError(f"{path} is of a network of other sizes ({error}).") from error


Ranking = list[tuple[float, int]]  # (score, step), lowest score first


def best_path(folder: Path, name: str, step: int) -> Path:
    """Where the averaged weights of a good step are kept."""
    return folder / f"{name}-best-{step:07d}.pt"


def best_index(folder: Path, name: str) -> Path:
    """The file that lists the weights that are kept, best first, with their scores."""
    return folder / f"{name}-best.json"


def read_ranking(folder: Path, name: str) -> Ranking:
    """The weights that are kept, by the index; empty if there is none."""
    path = best_index(folder, name)
    if not path.exists():
        return []
    return [(float(entry["score"]), int(entry["step"])) for entry in json.loads(path.read_text("utf-8"))]


def _write_ranking(folder: Path, name: str, ranking: Ranking) -> None:
    entries = [
        {"step": step, "score": score, "file": best_path(folder, name, step).name} for score, step in ranking
    ]
    replace_file(best_index(folder, name), json.dumps(entries, indent=1).encode(), durable=True)


def keep_best(folder: Path, name: str, score: float, step: int, keep: int, state: State) -> None:
    """Write `state` if its score is among the lowest `keep`, and remove what falls out of the ranking.

    Entries of later steps are dropped: they are of a run that was killed after its last checkpoint, and
    is now at `step` again.
    """
    earlier = [entry for entry in read_ranking(folder, name) if entry[1] < step]
    ranking = sorted([*earlier, (score, step)])[: max(0, keep)]
    if (score, step) in ranking:
        save_checkpoint(best_path(folder, name, step), state)
    # Between the two, so that whenever it is read, the index names files that are there.
    _write_ranking(folder, name, ranking)
    kept = {best_path(folder, name, step) for _, step in ranking}
    for path in folder.glob(f"{name}-best-*.pt"):
        if path not in kept:
            path.unlink()


def chosen_checkpoint(folder: Path, name: str, *, best: bool) -> Path:
    """The last checkpoint of a stage, or the best that was kept, if one was."""
    ranking = read_ranking(folder, name) if best else []
    return best_path(folder, name, ranking[0][1]) if ranking else folder / f"{name}.pt"
