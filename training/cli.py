"""The command line of training: `colorize-train finetune | grid | export | evaluate | …`."""

from __future__ import annotations

import logging
import sys

import click

from colorize_cli import __version__
from colorize_cli.commands.guard import run_guarded

from .commands.baselines import baseline
from .commands.export import describe, export
from .commands.faces import faces
from .commands.finetune import finetune
from .commands.grid import grid
from .commands.measure import evaluate, sheet
from .commands.prepare import prepare
from .commands.stages import mdn, vae
from .commands.tables import table_diverse, table_losses


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="colorize-train")
@click.option("-v", "--verbose", is_flag=True, help="Tracebacks of unexpected errors.")
def cli(verbose: bool) -> None:
    """Train the networks of colorize on colour photos of your own.

    \b
    Teach the weights that ship the kind of photos you have, in minutes:
      colorize-train finetune photos/ -o mine.safetensors
      colorize --weights mine.safetensors old-scans/

    \b
    Or from a folder of colour photos to new weights, one command after the other:
      colorize-train grid    photos/ --run runs/mine --steps 24000
      colorize-train export  --run runs/mine -o mine.safetensors
      colorize-train evaluate held-out/ --weights mine.safetensors
      colorize --weights mine.safetensors old-scans/

    Every command can be stopped with Ctrl-C and goes on where it was when it is given again.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("colorize_cli").setLevel(logging.DEBUG if verbose else logging.WARNING)


_COMMANDS = (
    finetune,
    grid,
    faces,
    prepare,
    vae,
    mdn,
    export,
    describe,
    evaluate,
    sheet,
    table_losses,
    table_diverse,
    baseline,
)
for _command in _COMMANDS:
    cli.add_command(_command)


def main() -> None:
    """Entry point of the command `colorize-train`."""
    sys.exit(run_guarded(cli, "colorize-train"))
