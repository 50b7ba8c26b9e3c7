"""`colorize preview PHOTOS`: a photo and its variants in the terminal."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from colorize_cli.commands.paths import LocalPath
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode, PhotoError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console

    from colorize_cli.engine.colorizer import Colorizer

    Pixels = NDArray[np.uint8]

_SIDE = 512  # pixels of a tile's long side; terminals show less
_CELLS = 26  # least width of a tile, or faces cannot be told
_PROTOCOLS = {"kitty": "TGPImage", "sixel": "SixelImage", "blocks": "HalfcellImage"}


@click.command("preview", short_help="Show photos and their variants in the terminal.")
@click.argument("photos", nargs=-1, required=True, type=LocalPath(dir_okay=False))
@click.option("-n", "--variants", default=5, show_default=True, type=click.IntRange(1, 100))
@click.option(
    "--seed", default=0, show_default=True, help="Draws other variants; the most likely one stays the same."
)
@click.option("--diversity", type=click.FloatRange(0, 1), help="The same as for colorize PATHS.")
@click.option("--weights", type=LocalPath(dir_okay=False), help="The same as for colorize PATHS.")
@click.option(
    "--device", default="auto", show_default=True, help="The same as for colorize PATHS; one device."
)
@click.option(
    "--as",
    "protocol",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", *_PROTOCOLS]),
    help="How the terminal shows pictures; blocks work in all with colours.",
)
def preview_command(
    photos: tuple[Path, ...],
    variants: int,
    seed: int,
    diversity: float | None,
    weights: Path | None,
    device: str,
    protocol: str,
) -> ExitCode:
    """Show photos in grey and in colour, as a run would make them. Nothing is written."""
    # Before anything else is printed: the terminal is asked what it can show, and its answer is read.
    picture = _picture_type(protocol)
    from rich.console import Console

    from colorize_cli.engine.colorizer import Colorizer

    console, colorizer, failed = Console(highlight=False), Colorizer.load(weights, device), 0
    for path in photos:
        try:
            tiles, captions = _tiles(colorizer, path, variants, seed, diversity)
        except PhotoError as error:
            failed += 1
            click.echo(printable(f"failed: {error}"), err=True)
            continue
        console.print(printable(path.name), markup=False, style="bold")
        _show(console, picture, tiles, captions)
    if not failed:
        return ExitCode.OK
    return ExitCode.NO_USABLE_INPUT if failed == len(photos) else ExitCode.SOME_INPUTS_FAILED


def _picture_type(protocol: str) -> Any:
    # A terminal that does not say how large its cells are is no news to a person.
    logging.getLogger("textual_image").setLevel(logging.ERROR)
    from textual_image import renderable

    if protocol != "auto":
        return getattr(renderable, _PROTOCOLS[protocol])
    # Off a terminal it would take letters for shades, which has no colours.
    plain = renderable.Image is renderable.UnicodeImage
    return renderable.HalfcellImage if plain else renderable.Image


def _tiles(
    colorizer: Colorizer, path: Path, variants: int, seed: int, diversity: float | None
) -> tuple[list[Pixels], list[str]]:
    """Grey and variants as (h,w,3) sRGB, and what to write below each; PhotoError."""
    import numpy as np

    from colorize_cli.engine.protocol import SampleOptions
    from colorize_cli.engine.task import ColourTask, ViewSizes
    from colorize_cli.image.canvas import Canvas, eight_bits
    from colorize_cli.image.colour.rgb import colour_picture
    from colorize_cli.image.colour.samples import srgb_grey
    from colorize_cli.image.colour.upsample import resize
    from colorize_cli.image.reading import read_photo

    photo = read_photo(path)
    task = ColourTask(Canvas(photo), ViewSizes.of(colorizer))
    made = task.variants(colorizer, SampleOptions(variants, seed, diversity))
    grey = eight_bits(srgb_grey(photo.luma, task.canvas.space))
    scale = min(1.0, _SIDE / max(grey.shape))
    small = resize(grey, *(max(1, round(side * scale)) for side in grey.shape))
    pictures = [np.asarray(colour_picture(small, field), np.uint8) for field in made.fields[0]]
    weights = [f"{i} ({weight:.0%})" for i, weight in enumerate(made.weights[0], 1)]
    return [np.repeat(small[..., None], 3, 2), *pictures], ["grey", *weights]


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
