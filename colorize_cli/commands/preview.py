"""`colorize preview PHOTOS`: a photo and its variants in the terminal."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.files import CONFIG, HINTS
from colorize_cli.commands.options import HEADINGS, config_option, preview_options
from colorize_cli.commands.paths import LocalPath
from colorize_cli.commands.run import settings_of
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console

    Pixels = NDArray[np.uint8]

_SIDE = 512  # pixels of a tile's long side; terminals show less
_CELLS = 26  # least width of a tile, or faces cannot be told
_PROTOCOLS = {"kitty": "TGPImage", "sixel": "SixelImage", "blocks": "HalfcellImage"}


@click.command(
    "preview",
    cls=DocumentedCommand,
    short_help="Show photos and their variants in the terminal.",
    context_settings={"auto_envvar_prefix": "COLORIZE"},
    headings=HEADINGS,
    examples=(
        ("colorize preview aunt.jpg -n 3", "The photo in grey and in three variants, in the terminal."),
    ),
    files=(CONFIG, HINTS),
)
@click.argument("photos", nargs=-1, required=True, type=LocalPath(dir_okay=False))
@preview_options
@config_option
@click.option(
    "--as",
    "protocol",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", *_PROTOCOLS]),
    help="How the terminal shows pictures; blocks work in all with colours.",
)
def preview_command(photos: tuple[Path, ...], protocol: str, **options: Any) -> ExitCode:
    """Show photos in grey and in colour, as a run with the same options would make them.

    Hints beside the photos, the config file and the environment count as in a run. Only the look of a
    --group, which takes all of its photos, is not shown. Nothing is written.
    """
    # Before anything else is printed: the terminal is asked what it can show, and its answer is read.
    picture = _picture_type(protocol)
    settings = settings_of({"paths": photos} | options)
    from rich.console import Console

    from colorize_cli.engine.pool import open_engine
    from colorize_cli.run.preview import previewed, previews

    console, wanted, failed = Console(highlight=False), previewed(settings), 0
    with open_engine(settings.weights, settings.device, settings.precision) as engine:
        for preview in previews(wanted, settings, engine, _SIDE):
            if preview.problem is not None:
                failed += preview.failed
                click.echo(printable(preview.problem), err=True)
                continue
            console.print(printable(preview.name), markup=False, style="bold")
            _show(console, picture, [preview.grey, *preview.pictures], ["grey", *preview.captions])
    if not failed:
        return ExitCode.OK
    return ExitCode.NO_USABLE_INPUT if failed == len(wanted) else ExitCode.SOME_INPUTS_FAILED


def _picture_type(protocol: str) -> Any:
    # A terminal that does not say how large its cells are is no news to a person.
    logging.getLogger("textual_image").setLevel(logging.ERROR)
    from textual_image import renderable

    if protocol != "auto":
        return getattr(renderable, _PROTOCOLS[protocol])
    # Off a terminal it would take letters for shades, which has no colours.
    plain = renderable.Image is renderable.UnicodeImage
    return renderable.HalfcellImage if plain else renderable.Image


def _show(console: Console, picture: Any, tiles: Sequence[Pixels], captions: Sequence[str]) -> None:
    """Tiles side by side, in as many rows as it takes."""
    import numpy as np
    from PIL import Image

    height, width = tiles[0].shape[:2]
    per_row = max(1, min(len(tiles), console.width // _CELLS))
    # Cells are twice as high as wide; a tile leaves a third of the screen for what is above and below it.
    fitting = int(console.height * 2 / 3 * 2 * width / height)
    cells = max(4, min(console.width // per_row, fitting))
    gap = np.zeros((height, max(1, width // cells), 3), np.uint8)
    for start in range(0, len(tiles), per_row):
        row, texts = tiles[start : start + per_row], captions[start : start + per_row]
        strip = np.concatenate([part for tile in row for part in (tile, gap)], axis=1)
        console.print(picture(Image.fromarray(strip), width=cells * len(row), height="auto"))
        console.print("".join(text[: cells - 1].center(cells) for text in texts), markup=False)
