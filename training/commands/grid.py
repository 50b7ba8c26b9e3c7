"""`colorize-train grid`: photos -> all networks of architecture grid, trained at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from colorize_cli.errors import ExitCode

from ..options import GridOptions, TrainOptions
from ..presets.preset import Preset
from .options import FOLDER, PATH, flags, pick, preset_option
from .progress import console, counting, train_on
from .stages import is_new


@click.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@click.option("--run", required=True, type=FOLDER, help="Folder of the decoded photos, checkpoints and logs.")
@preset_option("grid")
@click.option(
    "--start", type=PATH, help="Weights file a new run starts from.  [default: ImageNet's backbone]"
)
@click.option(
    "--draw",
    type=PATH,
    help="TSV with columns name and weight: how often photos are drawn, those that it does not name never.",
)
@click.option("--faces", type=PATH, help="TSV of `colorize-train faces`: whose skin counts by itself.")
@flags(TrainOptions)
@flags(GridOptions)
def grid(
    photos: tuple[Path, ...],
    run: Path,
    preset: Preset,
    start: Path | None,
    draw: Path | None,
    faces: Path | None,
    **values: Any,
) -> ExitCode:
    """Train the networks that ship on colour PHOTOS (folders, zips, tars, lists)."""
    import torch

    from colorize_cli.model.network import ColorNet

    from ..data.draw_table import draw_weights
    from ..data.faces import read_faces
    from ..data.photo_store import fill_store, store_spec
    from ..data.sources import list_photos
    from ..data.view_batches import Sizes, ViewBatches
    from ..stages.grid.start import start_net
    from ..stages.grid.task import GridTask

    options, chosen = pick(TrainOptions, values), pick(GridOptions, values)
    items = list_photos(photos)
    with counting("decoding", len(items)) as progress:
        store = fill_store(items, run / "photos", store_spec(items), progress)
    for photo in store.left_out():
        console.print(f"left out: {items[photo].label}", highlight=False, markup=False)
    config, rows = preset.config(), store.rows(held_out=False)
    torch.manual_seed(options.seed)
    net = start_net(ColorNet(config), start if is_new(start, run / "grid.pt") else None)
    sizes = Sizes(chosen.code_view, chosen.detail_view)
    weights = draw_weights(draw, [items[row] for row in rows])
    grow = round(chosen.grow * options.steps)
    task = GridTask(net, store, store.rows(held_out=True), sizes, chosen)
    known = read_faces(faces, items) if faces else {}
    batches = ViewBatches(store, rows, weights, sizes, grow, chosen.degraded, known)
    return train_on(batches, [store.spec], task, run, options, preset.name, config, values)
