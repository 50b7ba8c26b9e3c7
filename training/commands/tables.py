"""`colorize-train table-losses | table-diverse`: the paper's tables in kind, as Markdown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .measure import every_option, seed_option
from .options import FOLDER, PATH, device_option, variants_option
from .progress import counting

_json_option = click.option("--json", "json_file", type=PATH, help="Write the figures to this file, too.")
_photos_argument = click.argument("photos", nargs=-1, required=True, type=PATH)


Chosen = tuple[tuple[Path, str | None], ...]  # of each row its file and, if one was given, its name


def _split(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Chosen:
    """NAME=PATH at the first "="; a path that exists is taken as it is."""
    parts = [value.partition("=") if not Path(value).exists() else (value, "", "") for value in values]
    return tuple((Path(path), name) if equals else (Path(name), None) for name, equals, path in parts)


def _row_option(text: str) -> Callable[[Any], Any]:
    return click.option(
        "--weights",
        "chosen",
        callback=_split,
        multiple=True,
        required=True,
        metavar="[NAME=]PATH",
        help=text + " Repeat it.",
    )


def _show(markdown: str, rows: list[Any], json_file: Path | None) -> None:
    from ..measure.report import as_json

    click.echo(markdown)
    if json_file is not None:
        json_file.write_text(as_json(rows) + "\n", encoding="utf-8")


@click.command("table-losses")
@_photos_argument
@_row_option("A row: a weights file, or a training folder with stage 1.")
@click.option("--cache", required=True, type=FOLDER, help="Of the training photos, whose colours weigh.")
@device_option
@every_option
@_json_option
def table_losses(
    photos: tuple[Path, ...],
    chosen: Chosen,
    cache: Path,
    device: str,
    every: int,
    json_file: Path | None,
) -> None:
    """Tables 1 and 2 of the paper in kind: PHOTOS decoded from their own codes, by several losses."""
    from ..data.cache import Cache
    from ..data.sources import list_photos
    from ..measure.references import load_reference
    from ..measure.tables import losses_table, rarity_of, render_losses

    items = list_photos(photos)[::every]
    references = [load_reference(path, device, name) for path, name in chosen]
    with counting("measuring", len(items) * (1 + len(references))) as progress:
        rows = losses_table(references, items, rarity_of(Cache.open(cache)), progress)
    _show(render_losses(rows), rows, json_file)


@click.command("table-diverse")
@_photos_argument
@_row_option("A row: a weights file of colorize or the file of a baseline.")
@click.option("--shipped/--no-shipped", default=True, show_default=True, help="End with the shipped weights.")
@variants_option
@device_option
@seed_option
@every_option
@click.option(
    "--timed", default=20, show_default=True, type=click.IntRange(1), help="Photos to take the time on."
)
@_json_option
def table_diverse(
    photos: tuple[Path, ...],
    chosen: Chosen,
    shipped: bool,
    variants: int,
    device: str,
    seed: int,
    every: int,
    timed: int,
    json_file: Path | None,
) -> None:
    """Table 3 of the paper in kind: the diverse colours that several methods give to PHOTOS."""
    from ..data.sources import list_photos
    from ..measure.methods import load_method
    from ..measure.tables import diverse_table, render_diverse

    items = list_photos(photos)[::every]
    methods = [load_method(path, device, name) for path, name in chosen]
    if shipped:
        methods.append(load_method(None, device))
    with counting("measuring", len(items) * (1 + len(methods))) as progress:
        rows = diverse_table(methods, items, variants=variants, seed=seed, timed=timed, progress=progress)
    _show(render_diverse(rows), rows, json_file)
