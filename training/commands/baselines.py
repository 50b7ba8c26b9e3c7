"""`colorize-train baseline cvae | cgan`: the methods that the paper compares with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from colorize_cli.errors import ExitCode, UsageError

from ..baselines.options import CGANOptions, CVAEOptions
from ..options import TrainOptions
from .options import FOLDER, flags, pick
from .progress import cached, console, train_on

if TYPE_CHECKING:
    from colorize_cli.model.config import ModelConfig

    from ..data.cache import CacheSpec

_OPTIONS = (
    click.option("--cache", required=True, type=FOLDER, help="Made by prepare."),
    click.option("--run", required=True, type=FOLDER, help="Folder of checkpoint, log and baseline."),
    click.option(
        "--preset",
        default="paper-small-skip",
        show_default=True,
        metavar="NAME|FILE.toml",
        help="Whose network, of architecture paper-skip.",
    ),
    flags(TrainOptions),
)


def _options(function: Any) -> Any:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group()
def baseline() -> None:
    """Train a method that the paper compares with; the tables read it, `colorize` does not."""


# The loss is a sum over 8,192 values, whose gradients a norm of 1 would turn into noise.
@baseline.command(context_settings={"default_map": {"clip": 1000.0}})
@_options
@flags(CVAEOptions)
def cvae(**values: Any) -> ExitCode:
    """A conditional VAE, whose z is drawn from N(0,1) when it colours."""
    from ..baselines.cvae import CVAETask

    return _train(CVAETask, CVAEOptions, values)


# Judge and generator chase each other: at the rate of a VAE they do not settle.
@baseline.command(context_settings={"default_map": {"lr": 2e-4, "clip": 1000.0}})
@_options
@flags(CGANOptions)
def cgan(**values: Any) -> ExitCode:
    """A conditional GAN as pix2pix, whose noise is dropout."""
    from ..baselines.cgan import CGANTask

    return _train(CGANTask, CGANOptions, values)


def _config(preset: str, spec: CacheSpec) -> ModelConfig:
    from ..presets.preset import load_preset

    config = load_preset(preset).config(backbone=spec.backbone, view=spec.view)
    if config.architecture != "paper-skip":
        raise UsageError(f"Preset {preset} has no skips. Name one of architecture paper-skip.")
    return config


def _train(task_class: Any, options_class: type[Any], values: dict[str, Any]) -> ExitCode:
    """Train and, once all steps are done, write the averaged weights beside the checkpoint."""
    import torch

    from ..baselines.files import save_baseline
    from ..data.cache import Cache
    from ..loop.checkpoint import load_averaged

    cache, run, preset = (values.pop(name) for name in ("cache", "run", "preset"))
    opened, options = Cache.open(cache), pick(TrainOptions, values)
    config = _config(preset, opened.spec)
    torch.manual_seed(options.seed)
    task = task_class(config, opened, pick(options_class, values))
    code = train_on(*cached(task, opened), task, run, options, preset, config, values)
    if code != ExitCode.OK:
        return code
    load_averaged(task.module, run / f"{task.name}.pt")
    path = run / f"{task.name}.safetensors"
    save_baseline(path, task.name, task.module)
    console.print(f"{path}: {path.stat().st_size / 1e6:.1f} MB", highlight=False)
    return ExitCode.OK
