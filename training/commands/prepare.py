"""`colorize-train prepare`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import Progress

from colorize_cli.errors import ExitCode

from .options import FOLDER, PATH
from .progress import console

_COUNT = click.IntRange(min=1)


@click.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@click.option("--cache", required=True, type=FOLDER, help="Folder to fill; 106 kB a photo and copy.")
@click.option(
    "--backbone", default="lite1", show_default=True, type=click.Choice(["lite0", "lite1", "lite2"])
)
@click.option(
    "--degraded", default=0.3, show_default=True, type=click.FloatRange(0, 1), help="Share that is aged."
)
@click.option(
    "--copies", default=1, show_default=True, type=_COUNT, help="Views of a photo: 1 whole, the others crops."
)
@click.option(
    "--hold-out-every", default=50, show_default=True, type=click.IntRange(min=2), help="1 block in so many."
)
@click.option(
    "--hold-out-block",
    default=1,
    show_default=True,
    type=_COUNT,
    help="Neighbouring photos held out together; more than 1 where they are of one house or sitting.",
)
@click.option("--view", default=160, show_default=True, help="Side of the model's view, a multiple of 32.")
@click.option("--seed", default=0, show_default=True)
def prepare(
    photos: tuple[Path, ...],
    cache: Path,
    backbone: str,
    degraded: float,
    copies: int,
    hold_out_every: int,
    hold_out_block: int,
    view: int,
    seed: int,
) -> ExitCode:
    """Turn PHOTOS into a cache of thumbnails and frozen features.

    PHOTOS are folders, zips, tars, single files, or @list.txt: a file with one path a line, relative to
    the list's own folder.
    """
    from ..data.cache import CacheSpec
    from ..data.prepare import listing_digest
    from ..data.prepare import prepare as fill
    from ..data.sources import list_photos

    items = list_photos(photos)
    spec = CacheSpec(
        photos=len(items),
        listing=listing_digest(items),
        backbone=backbone,
        view=view,
        field=view // 2,
        degraded=degraded,
        seed=seed,
        copies=copies,
        held_out_every=hold_out_every,
        held_out_block=hold_out_block,
    )
    with Progress(console=console) as bar:
        task = bar.add_task("preparing", total=len(items))
        bad = fill(items, cache, spec, lambda done: bar.advance(task, done))
    for item in bad:
        console.print(f"left out: {item.label}", highlight=False, markup=False)
    console.print(
        f"{len(items) - len(bad)} photos in {cache}, {len(bad)} left out (reasons: bad.tsv).", highlight=False
    )
    return ExitCode.SOME_INPUTS_FAILED if bad else ExitCode.OK
