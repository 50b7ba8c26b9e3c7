"""`colorize-train vae | mdn | export`: the two stages of training and the file they end in."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from colorize_cli.errors import ExitCode

from ..options import MDNOptions, TrainOptions, VAEOptions
from .common import FOLDER, PATH, console, flags, pick


def _log(row: dict[str, Any]) -> None:
    text = "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
    console.print(text, highlight=False, soft_wrap=True)


@click.command()
@click.option("--cache", required=True, type=FOLDER, help="Made by prepare.")
@click.option("--run", required=True, type=FOLDER, help="Folder of checkpoints and logs.")
@flags(TrainOptions)
@flags(VAEOptions)
def vae(cache: Path, run: Path, **values: Any) -> ExitCode:
    """Stage 1: learn the embedding of colour fields and its decoder."""
    from ..cache import Cache
    from ..trainer import train
    from ..vae import VAETask, config_for

    opened = Cache.open(cache)
    task = VAETask(config_for(opened.spec), opened, pick(VAEOptions, values))
    return _ended(train(task, opened, run, pick(TrainOptions, values), _log))


@click.command()
@click.option("--cache", required=True, type=FOLDER, help="Made by prepare.")
@click.option(
    "--run",
    required=True,
    type=FOLDER,
    help="Folder of checkpoints and logs; stage 1 is read there.",
)
@flags(TrainOptions)
@flags(MDNOptions)
def mdn(cache: Path, run: Path, **values: Any) -> ExitCode:
    """Stage 2: learn the mixture P(z | photo) over the codes of stage 1."""
    from ..cache import Cache
    from ..mdn import MDNTask
    from ..trainer import train
    from ..vae import config_for, trained_vae

    opened = Cache.open(cache)
    config = config_for(opened.spec)
    task = MDNTask(config, opened, pick(MDNOptions, values), trained_vae(config, run))
    return _ended(train(task, opened, run, pick(TrainOptions, values), _log))


def _ended(complete: bool) -> ExitCode:
    if not complete:
        console.print("Stopped and saved. The same command goes on from here.")
    return ExitCode.OK if complete else ExitCode.INTERRUPTED


@click.command()
@click.option("--cache", required=True, type=FOLDER, help="The one that was trained on.")
@click.option("--run", required=True, type=FOLDER, help="Folder with the checkpoints of both stages.")
@click.option("-o", "--output", required=True, type=PATH, help="Weights file to write.")
@click.option(
    "--name",
    default="photo",
    show_default=True,
    help="Shown by colorize and written into pictures.",
)
@click.option("--temperature", default=0.3, show_default=True, help="Noise of variants 2 to 8.")
@click.option("--saturation", default=1.0, show_default=True, help="Factor on all colours.")
def export(cache: Path, run: Path, output: Path, name: str, temperature: float, saturation: float) -> None:
    """Write the trained networks as one weights file for `colorize --weights`."""
    from ..cache import Cache
    from ..export import export as write
    from ..vae import config_for

    config = dataclasses.replace(
        config_for(Cache.open(cache).spec), temperature=temperature, saturation=saturation
    )
    write(config, run, output, name)
    console.print(f"{output}: {output.stat().st_size / 1e6:.1f} MB", highlight=False)
