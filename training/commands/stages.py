"""`colorize-train vae | mdn | joint | export | describe`: the stages of training and the file they end in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import click

from colorize_cli.errors import ExitCode

from ..options import JointOptions, MDNOptions, TrainOptions, VAEOptions
from ..presets.preset import Preset
from .options import FOLDER, PATH, flags, pick, preset_option
from .progress import Watch, console, is_first_process

if TYPE_CHECKING:  # torch comes with them, and `--help` has no use for torch
    from colorize_cli.model.config import ModelConfig

    from ..data.cache import Cache
    from ..loop.task import Task

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

    from ..data.cache import Cache
    from ..stages.start import start_vae
    from ..stages.vae import VAETask

    opened, options = Cache.open(cache), pick(TrainOptions, values)
    config = preset.config(backbone=opened.spec.backbone, view=opened.spec.view)
    torch.manual_seed(options.seed)
    task = VAETask(config, opened, pick(VAEOptions, values))
    if _is_new(start, run / "vae.pt"):
        start_vae(task.module, start)
    return _trained(task, opened, run, options, _about(preset, config, opened, values))


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

    from ..data.cache import Cache
    from ..loop.configuration import preset_of
    from ..stages.mdn import MDNTask
    from ..stages.start import start_mdn
    from ..stages.vae import trained_vae

    opened, options = Cache.open(cache), pick(TrainOptions, values)
    first, theirs = trained_vae(run), preset_of(run / "vae.pt")
    if theirs and theirs != preset.name:
        _note(f"Stage 1 was trained with --preset {theirs}, stage 2 takes {preset.name}.")
    torch.manual_seed(options.seed)
    task = MDNTask(first.config, opened, pick(MDNOptions, values), first)
    if _is_new(start, run / "mdn.pt"):
        start_mdn(task.module, first.config, start)
    return _trained(task, opened, run, options, _about(preset, first.config, opened, values))


@click.command()
@click.option(
    "--cache",
    "caches",
    required=True,
    multiple=True,
    type=FOLDER,
    help="Made by prepare; given twice, photos of both, held out as in the first.",
)
@_run
@preset_option
@click.option("--start", type=PATH, help="Weights file to start from.  [default: those that ship]")
@flags(TrainOptions)
@flags(VAEOptions)
@flags(JointOptions)
def joint(caches: tuple[Path, ...], run: Path, preset: Preset, start: Path | None, **values: Any) -> ExitCode:
    """Both stages at once, from weights that exist: variants are compared with the truth as delivered."""
    import torch

    from colorize_cli.model.weights import default_weights, load_weights

    from ..data.joined import open_caches
    from ..stages.joint.revive import revive
    from ..stages.joint.task import JointTask

    opened, options = open_caches(caches), pick(TrainOptions, values)
    torch.manual_seed(options.seed)
    net, info = load_weights(default_weights() if start is None else start)
    if values["revive"] and not (run / "joint.pt").exists():
        _note(f"{revive(net, opened, options.seed)} units of the decoder's code MLP had fallen silent.")
    task = JointTask(net, opened, pick(VAEOptions, values), pick(JointOptions, values))
    told = _about(preset, net.config, opened, values | {"start": info.sha256})
    return _trained(task, opened, run, options, told)


def _note(text: str) -> None:
    if is_first_process():
        console.print(text, highlight=False, soft_wrap=True)


def _is_new(start: Path | None, checkpoint: Path) -> TypeGuard[Path]:
    """Whether `start` counts: only a run without a checkpoint begins somewhere else."""
    if start is not None and checkpoint.exists():
        _note(f"--start is left aside: {checkpoint} exists, and the run goes on from there.")
    return start is not None and not checkpoint.exists()


def _about(preset: Preset, config: ModelConfig, cache: Cache, values: dict[str, Any]) -> str:
    from ..loop.configuration import about

    return about(preset.name, config, cache.specs, values)


def _trained(task: Task[Any], cache: Cache, run: Path, options: TrainOptions, told: str) -> ExitCode:
    from ..loop.train import train

    with Watch(task.name, options.steps) as watch:
        complete = train(task, cache, run, options, watch.log, tick=watch.tick, about=told)
    if not complete:
        _note("Stopped and saved. The same command goes on from here.")
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
@click.option(
    "--blend",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Share of the run in the weights; the rest is of --blend-with.",
)
@click.option("--blend-with", type=PATH, help="Weights file of the same network, such as that of --start.")
@click.option("--temperature", type=float, help="Noise of variants 2 to 8.  [default: the preset's]")
@click.option("--saturation", type=float, help="Factor on all colours.  [default: the preset's]")
@click.option("--first-saturation", type=float, help="The same for variant 1.  [default: the preset's]")
@click.option(
    "--first-leveling",
    type=float,
    help="By which pale photos gain more in variant 1 than strong ones.  [default: the preset's]",
)
@click.option(
    "--diversity",
    type=click.FloatRange(0, 1),
    help="How much variants unlike each other count, unless colorize is told.  [default: the preset's]",
)
def export(
    run: Path,
    output: Path,
    name: str,
    best: bool,
    blend: float,
    blend_with: Path | None,
    **factors: float | None,
) -> None:
    """Write the trained networks as one weights file for `colorize --weights`."""
    from ..stages.export import export as write

    write(run, output, name, best=best, blend=blend, blend_with=blend_with, **factors)
    console.print(f"{output}: {output.stat().st_size / 1e6:.1f} MB", highlight=False)


@click.command()
@click.argument("weights", type=PATH)
def describe(weights: Path) -> None:
    """Print what a weights file says of itself: its network, and how it was trained."""
    from colorize_cli.model.weights import describe_weights

    click.echo(json.dumps(describe_weights(weights), indent=1))
