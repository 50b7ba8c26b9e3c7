"""`colorize-train vae | mdn`: the two stages of the paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeGuard

import click

from colorize_cli.errors import ExitCode

from ..options import MDNOptions, TrainOptions, VAEOptions
from ..presets.preset import Preset
from .options import FOLDER, PATH, flags, pick, preset_option
from .progress import cached, note, train_on

_cache = click.option("--cache", required=True, type=FOLDER, help="Made by prepare.")
_run = click.option("--run", required=True, type=FOLDER, help="Folder of checkpoints and logs.")
_start = click.option("--start", type=PATH, help="Weights file a new run starts from, instead of chance.")


@click.command()
@_cache
@_run
@preset_option("photo")
@_start
@flags(TrainOptions)
@flags(VAEOptions)
def vae(cache: Path, run: Path, preset: Preset, start: Path | None, **values: Any) -> ExitCode:
    """Stage 1: learn the embedding of colour fields and its decoder."""
    import torch

    from ..data.cache import Cache
    from ..stages.vae import VAETask
    from ..stages.weights import start_vae

    opened, options = Cache.open(cache), pick(TrainOptions, values)
    config = preset.config(backbone=opened.spec.backbone, view=opened.spec.view)
    torch.manual_seed(options.seed)
    task = VAETask(config, opened, pick(VAEOptions, values))
    if is_new(start, run / "vae.pt"):
        start_vae(task.module, start)
    return train_on(*cached(task, opened), task, run, options, preset.name, config, values)


@click.command()
@_cache
@_run
@preset_option("photo")
@_start
@flags(TrainOptions)
@flags(MDNOptions)
def mdn(cache: Path, run: Path, preset: Preset, start: Path | None, **values: Any) -> ExitCode:
    """Stage 2: learn the mixture P(z | photo) over the codes of stage 1, found in the same --run."""
    import torch

    from ..data.cache import Cache
    from ..loop.configuration import preset_of
    from ..stages.mdn import MDNTask
    from ..stages.vae import trained_vae
    from ..stages.weights import start_mdn

    opened, options = Cache.open(cache), pick(TrainOptions, values)
    first, theirs = trained_vae(run), preset_of(run / "vae.pt")
    if theirs and theirs != preset.name:
        note(f"Stage 1 was trained with --preset {theirs}, stage 2 takes {preset.name}.")
    torch.manual_seed(options.seed)
    task = MDNTask(first.config, opened, pick(MDNOptions, values), first)
    if is_new(start, run / "mdn.pt"):
        start_mdn(task.module, first.config, start)
    return train_on(*cached(task, opened), task, run, options, preset.name, first.config, values)


def is_new(start: Path | None, checkpoint: Path) -> TypeGuard[Path]:
    """Whether `start` counts: only a run without a checkpoint begins somewhere else."""
    if start is not None and checkpoint.exists():
        note(f"--start is left aside: {checkpoint} exists, and the run goes on from there.")
    return start is not None and not checkpoint.exists()
