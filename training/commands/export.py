"""`colorize-train export | describe`: the weights file that training ends in, and what it says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..options import VariantOptions
from .options import FOLDER, PATH, flags, pick
from .progress import console


@click.command()
@click.option("--run", required=True, type=FOLDER, help="Folder with the checkpoints of both stages.")
@click.option("-o", "--output", required=True, type=PATH, help="Weights file to write.")
@click.option(
    "--name", default="photo", show_default=True, help="Shown by colorize and written into pictures."
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
@flags(VariantOptions)
def export(
    run: Path,
    output: Path,
    name: str,
    best: bool,
    blend: float,
    blend_with: Path | None,
    **values: float | None,
) -> None:
    """Write the trained networks as one weights file for `colorize --weights`."""
    from ..stages.export import export as write

    variants = pick(VariantOptions, values)
    write(run, output, name, best=best, share=blend, base=blend_with, variants=variants)
    console.print(f"{output}: {output.stat().st_size / 1e6:.1f} MB", highlight=False)


@click.command()
@click.argument("weights", type=PATH)
def describe(weights: Path) -> None:
    """Print what a weights file says of itself: its network, and how it was trained."""
    from colorize_cli.model.weights import describe_weights

    click.echo(json.dumps(describe_weights(weights), indent=1))
