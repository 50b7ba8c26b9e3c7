"""The command line of training: `colorize-train prepare | vae | mdn | export | evaluate | sheet`."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from colorize_cli import __version__
from colorize_cli.cli import run_guarded
from colorize_cli.errors import ExitCode

from .options import MDNOptions, TrainOptions, VAEOptions

PATH = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)
_console = Console(stderr=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="colorize-train")
def cli() -> None:
    """Train the networks of colorize on colour photos of your own.

    \b
    From a folder of colour photos to pictures, one command after the other:
      colorize-train prepare photos/ --cache runs/cache
      colorize-train vae     --cache runs/cache --run runs/mine --steps 7000
      colorize-train mdn     --cache runs/cache --run runs/mine --steps 5000
      colorize-train export  --cache runs/cache --run runs/mine -o mine.safetensors
      colorize-train evaluate held-out/ --weights mine.safetensors
      colorize --weights mine.safetensors old-scans/

    Every command can be stopped with Ctrl-C and goes on where it was when it is given again.
    """


def _flags(cls: type[Any]) -> Callable[[Any], Any]:
    """One flag for each field of a dataclass of options: name, default and help stand there once."""

    def add(function: Any) -> Any:
        for field in reversed(dataclasses.fields(cls)):
            required = field.default is dataclasses.MISSING
            settings: dict[str, Any] = (
                {"required": True, "type": int} if required else {"default": field.default}
            )
            flag = "--" + field.name.replace("_", "-")
            text = field.metadata.get("help", "In all, earlier sittings included.")
            function = click.option(flag, show_default=not required, help=text, **settings)(function)
        return function

    return add


def _pick(cls: type[Any], values: dict[str, Any]) -> Any:
    return cls(**{field.name: values[field.name] for field in dataclasses.fields(cls)})


def _log(row: dict[str, Any]) -> None:
    text = "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
    _console.print(text, highlight=False, soft_wrap=True)


@cli.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@click.option("--cache", required=True, type=FOLDER, help="Folder to fill; 106 kB a photo.")
@click.option(
    "--backbone", default="lite1", show_default=True, type=click.Choice(["lite0", "lite1", "lite2"])
)
@click.option("--degraded", default=0.3, show_default=True, help="Share of photos that are aged.")
@click.option("--view", default=160, show_default=True, help="Side of the model's view, a multiple of 32.")
@click.option("--seed", default=0, show_default=True)
def prepare(
    photos: tuple[Path, ...], cache: Path, backbone: str, degraded: float, view: int, seed: int
) -> ExitCode:
    """Turn PHOTOS (folders, zips, tars, files) into a cache of thumbnails and frozen features."""
    from .cache import CacheSpec
    from .prepare import listing_digest
    from .prepare import prepare as fill
    from .sources import list_photos

    items = list_photos(photos)
    spec = CacheSpec(len(items), listing_digest(items), backbone, view, view // 2, degraded, seed)
    with Progress(console=_console) as bar:
        task = bar.add_task("preparing", total=len(items))
        bad = fill(items, cache, spec, lambda done: bar.advance(task, done))
    for item in bad:
        _console.print(f"left out, cannot be read: {item.label}", highlight=False, markup=False)
    _console.print(f"{len(items) - len(bad)} photos in {cache}, {len(bad)} left out.", highlight=False)
    return ExitCode.SOME_INPUTS_FAILED if bad else ExitCode.OK


@cli.command()
@click.option("--cache", required=True, type=FOLDER, help="Made by prepare.")
@click.option("--run", required=True, type=FOLDER, help="Folder of checkpoints and logs.")
@_flags(TrainOptions)
@_flags(VAEOptions)
def vae(cache: Path, run: Path, **values: Any) -> ExitCode:
    """Stage 1: learn the embedding of colour fields and its decoder."""
    from .cache import Cache
    from .trainer import train
    from .vae import VAETask, config_for

    opened = Cache.open(cache)
    task = VAETask(config_for(opened.spec), opened, _pick(VAEOptions, values))
    return _ended(train(task, opened, run, _pick(TrainOptions, values), _log))


@cli.command()
@click.option("--cache", required=True, type=FOLDER, help="Made by prepare.")
@click.option(
    "--run",
    required=True,
    type=FOLDER,
    help="Folder of checkpoints and logs; stage 1 is read there.",
)
@_flags(TrainOptions)
@_flags(MDNOptions)
def mdn(cache: Path, run: Path, **values: Any) -> ExitCode:
    """Stage 2: learn the mixture P(z | photo) over the codes of stage 1."""
    from .cache import Cache
    from .mdn import MDNTask
    from .trainer import train
    from .vae import config_for, trained_vae

    opened = Cache.open(cache)
    config = config_for(opened.spec)
    task = MDNTask(config, opened, _pick(MDNOptions, values), trained_vae(config, run))
    return _ended(train(task, opened, run, _pick(TrainOptions, values), _log))


def _ended(complete: bool) -> ExitCode:
    if not complete:
        _console.print("Stopped and saved. The same command goes on from here.")
    return ExitCode.OK if complete else ExitCode.INTERRUPTED


@cli.command()
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
    from .cache import Cache
    from .export import export as write
    from .vae import config_for

    config = dataclasses.replace(
        config_for(Cache.open(cache).spec), temperature=temperature, saturation=saturation
    )
    write(config, run, output, name)
    _console.print(f"{output}: {output.stat().st_size / 1e6:.1f} MB", highlight=False)


_weights = click.option(
    "--weights",
    type=PATH,
    help="Weights file to measure.  [default: those that ship with colorize]",
)
_variants = click.option("-n", "--variants", default=5, show_default=True, type=click.IntRange(1, 100))
_device = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps.")


@cli.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@_weights
@_variants
@_device
@click.option("--seed", default=0, show_default=True)
@click.option("--labels", type=PATH, help="TSV with categories and classes of the photos, as val.tsv.")
@click.option("--old", type=PATH, multiple=True, help="Old photos without true colours: cast and chroma.")
@click.option("--json", "as_json", type=PATH, help="Write the figures to this file, too.")
def evaluate(
    photos: tuple[Path, ...],
    weights: Path | None,
    variants: int,
    device: str,
    seed: int,
    labels: Path | None,
    old: tuple[Path, ...],
    as_json: Path | None,
) -> None:
    """Measure the colours given to colour PHOTOS that were turned grey (docs/training.md)."""
    from colorize_cli.engine import Colorizer

    from .evaluate import evaluate as measure
    from .report import render
    from .sources import list_photos

    items, aged = list_photos(photos), list_photos(old) if old else []
    with Progress(console=_console, transient=True) as bar:
        task = bar.add_task("measuring", total=len(items) + len(aged))
        report = measure(
            Colorizer.load(weights, device),
            items,
            variants=variants,
            seed=seed,
            labels=labels,
            old=aged,
            progress=lambda done: bar.advance(task, done),
        )
    # Off a terminal rich assumes 80 columns, too few for the tables.
    Console(width=None if sys.stdout.isatty() else 120).print(render(report))
    if as_json is not None:
        as_json.write_text(report.to_json() + "\n", encoding="utf-8")


@cli.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@click.option("-o", "--output", required=True, type=PATH, help="Picture to write, .jpg or .png.")
@_weights
@_variants
@_device
@click.option("--seed", default=0, show_default=True)
@click.option("--every", default=1, show_default=True, type=click.IntRange(1), help="Take every k-th photo.")
@click.option(
    "--truth/--no-truth", default=True, show_default=True, help="Show the photo's own colours last."
)
@click.option(
    "--height", default=160, show_default=True, type=click.IntRange(16), help="Pixels of a picture."
)
def sheet(
    photos: tuple[Path, ...],
    output: Path,
    weights: Path | None,
    variants: int,
    device: str,
    seed: int,
    every: int,
    truth: bool,
    height: int,
) -> None:
    """Lay grey, variants and truth of PHOTOS side by side in one picture, to look at."""
    from colorize_cli.engine import Colorizer

    from .contact_sheet import contact_sheet
    from .sources import list_photos

    colorizer = Colorizer.load(weights, device)
    items = list_photos(photos)[::every]
    for item in contact_sheet(colorizer, items, output, variants, truth, height, seed):
        _console.print(f"left out, cannot be read: {item.label}", highlight=False, markup=False)


def main() -> None:
    """Entry point of the command `colorize-train`."""
    sys.exit(run_guarded(cli, "colorize-train"))
