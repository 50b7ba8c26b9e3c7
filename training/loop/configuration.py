"""The whole configuration of a run as JSON: kept in its checkpoints and in the weights made of them."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from colorize_cli import __version__
from colorize_cli.errors import UsageError
from colorize_cli.model.config import ModelConfig

from .checkpoint import chosen_checkpoint, load_checkpoint


def about(preset: str, config: ModelConfig, stores: Sequence[Any], flags: dict[str, Any]) -> str:
    """Everything that decides what a run comes to, as JSON with sorted keys."""
    configuration = {
        "preset": preset,
        "model": json.loads(config.to_json()),
        "flags": {key: value for key, value in flags.items() if value is not None},
        "caches": [dataclasses.asdict(spec) for spec in stores],
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "versions": {"colorize": __version__, "torch": torch.__version__},
    }
    return json.dumps(configuration, sort_keys=True, default=str)


def _configuration(checkpoint: Path) -> dict[str, Any]:
    try:
        configuration: dict[str, Any] = json.loads(load_checkpoint(checkpoint).get("about") or "{}")
    except ValueError as error:
        raise UsageError(f"{checkpoint}: its configuration cannot be read ({error}).") from error
    return configuration


def config_of(checkpoint: Path) -> ModelConfig:
    """The network that a checkpoint holds; UsageError if it does not say."""
    configuration = _configuration(checkpoint)
    try:
        return ModelConfig.from_json(json.dumps(configuration["model"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{checkpoint} does not say what network it holds ({error}).") from error


def preset_of(checkpoint: Path) -> str:
    """The preset that a checkpoint was trained with, "" if it does not say."""
    return str(_configuration(checkpoint).get("preset", ""))


def history(folder: Path, stage: str, *, best: bool = False) -> dict[str, Any]:
    """The configuration of a stage with the steps and seconds it took, and the step the weights are of."""
    last = folder / f"{stage}.pt"
    state = load_checkpoint(last)
    chosen = load_checkpoint(chosen_checkpoint(folder, stage, best=best))
    return _configuration(last) | {
        "steps": state["step"],
        "seconds": round(state["seconds"]),
        "weights_of_step": chosen["step"],
    }
