"""`colorize-train prepare`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from colorize_cli.errors import ExitCode

from ..options import PrepareOptions
from .options import FOLDER, PATH, flags, pick
from .progress import console, counting


@click.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@click.option("--cache", required=True, type=FOLDER, help="Folder to fill; 106 kB a photo and copy.")
@flags(PrepareOptions)
def prepare(photos: tuple[Path, ...], cache: Path, **values: Any) -> ExitCode:
    """Turn PHOTOS into a cache of thumbnails and frozen features.

    PHOTOS are folders, zips, tars, single files, or @list.txt: a file with one path a line, relative to
    the list's own folder.
    """
    from ..data.prepare import prepare as fill
    from ..data.prepare import spec_of
    from ..data.sources import list_photos

    items = list_photos(photos)
    spec = spec_of(items, pick(PrepareOptions, values))
    with counting("preparing", len(items), transient=False) as progress:
        bad = fill(items, cache, spec, progress)
    for item in bad:
        console.print(f"left out: {item.label}", highlight=False, markup=False)
    console.print(
        f"{len(items) - len(bad)} photos in {cache}, {len(bad)} left out (reasons: bad.tsv).", highlight=False
    )
    return ExitCode.SOME_INPUTS_FAILED if bad else ExitCode.OK
