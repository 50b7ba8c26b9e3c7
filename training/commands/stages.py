"""`colorize-train vae | mdn | export | describe`: the two stages of training and the file they end in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from colorize_cli.errors import ExitCode

from ..options import MDNOptions, TrainOptions, VAEOptions
from ..presets import Preset, preset_option
from .common import FOLDER, PATH, Watch, console, flags, pick

_cache = click.option("--cache", required=True, type=FOLDER, help="Made by prepare.")
_run = click.option("--run", required=True, type=FOLDER, help="Folder of checkpoints and logs.")
_start = click.option("--start", type=PATH, help="Weights file a new run starts from, instead of chance.")


@click.command()
@_cache
@_run
@preset_option
@_start
@flags(TrainOptions)
@flags(VAEOptions)
def vae(cache: Path, run: Path, preset: Preset, start: Path | None, **values: Any) -> ExitCode:
    """Stage 1: learn the embedding of colour fields and its decoder."""
    import torch

    from ..cache import Cache
    from ..configuration import about
    from ..start import start_vae
    from ..trainer import train
    from ..vae import VAETask

    opened, options = Cache.open(cache), pick(TrainOptions, values)
    config = preset.config(backbone=opened.spec.backbone, view=opened.spec.view)
    torch.manual_seed(options.seed)
    task = VAETask(config, opened, pick(VAEOptions, values))
    if start is not None:
        start_vae(task.module, start)
    told = about(preset.name, config, opened.spec, values)
    with Watch("vae", options.steps) as watch:
        return _ended(train(task, opened, run, options, watch.log, tick=watch.tick, about=told))


@click.command()
@_cache
@_run
@preset_option
@_start
@flags(TrainOptions)
@flags(MDNOptions)
def mdn(cache: Path, run: Path, preset: Preset, start: Path | None, **values: Any) -> ExitCode:
    """Stage 2: learn the mixture P(z | photo) over the codes of stage 1, found in the same --run."""
    import torch

    from ..cache import Cache
    from ..configuration import about
    from ..mdn import MDNTask
    from ..start import start_mdn
    from ..trainer import train
    from ..vae import trained_vae

    opened, options = Cache.open(cache), pick(TrainOptions, values)
    first = trained_vae(run)
    torch.manual_seed(options.seed)
    task = MDNTask(first.config, opened, pick(MDNOptions, values), first)
    if start is not None:
        start_mdn(task.module, first.config, start)
    told = about(preset.name, first.config, opened.spec, values)
    with Watch("mdn", options.steps) as watch:
        return _ended(train(task, opened, run, options, watch.log, tick=watch.tick, about=told))


def _ended(complete: bool) -> ExitCode:
    if not complete:
        console.print("Stopped and saved. The same command goes on from here.")
    return ExitCode.OK if complete else ExitCode.INTERRUPTED


@click.command()
@click.option("--run", required=True, type=FOLDER, help="Folder with the checkpoints of both stages.")
@click.option("-o", "--output", required=True, type=PATH, help="Weights file to write.")
@click.option(
    "--name",
    default="photo",
    show_default=True,
    help="Shown by colorize and written into pictures.",
)
@click.option("--best/--last", default=False, show_default=True, help="Which weights of each stage to take.")
@click.option("--temperature", type=float, help="Noise of variants 2 to 8.  [default: the preset's]")
@click.option("--saturation", type=float, help="Factor on all colours.  [default: the preset's]")
def export(
    run: Path, output: Path, name: str, best: bool, temperature: float | None, saturation: float | None
) -> None:
    """Write the trained networks as one weights file for `colorize --weights`."""
    from ..export import export as write

    write(run, output, name, best=best, temperature=temperature, saturation=saturation)
    console.print(f"{output}: {output.stat().st_size / 1e6:.1f} MB", highlight=False)


@click.command()
@click.argument("weights", type=PATH)
def describe(weights: Path) -> None:
    """Print what a weights file says of itself: its network, and how it was trained."""
    from colorize_cli.model.weights import describe_weights

    click.echo(json.dumps(describe_weights(weights), indent=1))
