"""The paper's tables in kind: every row measured by one evaluator on one set of photos, as delivered."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from colorize_cli.errors import NoInputError
from colorize_cli.model.networks.vae import AB_SCALE

from .. import metrics
from ..data.cache import Cache
from ..data.photo import ab_of
from ..data.prepare import Progress
from ..data.sources import Item
from ..data.statistics import bin_of, field_statistics
from ..metrics import SIDE, Figure, Figures
from .evaluate import evaluate
from .harness import Harness, Sample, decode_references, deliver, open_harness, open_photo
from .methods import Fields, Grey, Method
from .published import published_diverse, published_losses
from .references import Reference
from .report import Report, Row, cell, column

# Weights of the pixels (h,w) of a true field (h,w,2): 1 / H of their bins.
Rarity = Callable[[Fields], Fields]

LOSSES = ("MAE All", "MAE Grid", "weighted All", "weighted Grid")


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; rows that are too short are filled with empty cells."""
    full = [[*row, *[""] * (len(heads) - len(row))] for row in rows]
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, rule, *full])


def _means_over(photos: int) -> str:
    return f"Means over {photos} photos with 95 % bootstrap intervals"


@dataclass(frozen=True)
class LossRow:
    """Errors of one decoder fed with its encoder's own code, by the names in `LOSSES`."""

    name: str
    sha256: str
    photos: int
    figures: dict[str, Row]
    median: Figure  # of `weighted All`, whose mean hangs on few photos of rare colours


def rarity_of(cache: Cache) -> Rarity:
    """Weights 1 / H of pixels, by the bins of the cache's training photos, as the paper's colour loss has.

    Pixels of bins that no training photo fills weigh nothing: their H is not known.
    """
    # One pixel stands for none in the prior. Weighed so, 152 pixels in 2 of the 829 photos of val.zip
    # made up nine tenths of the weighted error of grey.
    prior = field_statistics(cache).prior
    rarity = torch.where(prior > 1.5 * prior.min(), 1.0 / prior, 0.0)

    def weights(truth: Fields) -> Fields:
        field = torch.from_numpy(truth).permute(2, 0, 1)[None] / AB_SCALE
        return np.asarray(rarity[bin_of(field)[0]].numpy(), np.float32)

    return weights


def loss_figures(delivered: Fields, truth: Fields, weights: Fields) -> Figures:
    """The four errors of one photo from ab (h,w,2), the true ab and the weights of its pixels (h,w)."""
    few, true, heavy = (metrics.grid(a) for a in (delivered, truth, weights[..., None]))
    errors = (
        metrics.mae(delivered, truth),
        metrics.mae(few, true),
        metrics.weighted_mae(delivered, truth, weights),
        metrics.weighted_mae(few, true, heavy[..., 0]),
    )
    return dict(zip(LOSSES, map(float, errors), strict=True))


def _own_figures(photo: Sample, field: Fields, rarity: Rarity) -> Figures:
    truth = ab_of(photo.rgb, SIDE)
    return loss_figures(deliver(photo.grey, field[None])[1][0], truth, rarity(truth))


def _measure(reference: Reference, items: list[Item], rarity: Rarity, harness: Harness) -> list[Figures]:
    def measure(photos: list[Sample]) -> list[Figures]:
        own = [fields[1] for fields in decode_references(reference, photos)]
        return harness.each(_own_figures, photos, own, [rarity] * len(photos))

    return [figures for figures in harness.run(items, measure) if figures is not None]


def losses_table(
    references: Sequence[Reference], items: list[Item], rarity: Rarity, progress: Progress
) -> list[LossRow]:
    """Tables 1 and 2 in kind, grey first; NoInputError if no photo can be read."""
    with open_harness(progress) as harness:
        tables = [_measure(r, items, rarity, harness) for r in (Grey(), *references)]
    if not tables[0]:
        raise NoInputError("None of the photos to measure on can be read.")
    grey = {name: column(tables[0], name) for name in LOSSES}
    return [
        LossRow(
            name=reference.info.name,
            sha256=reference.info.sha256,
            photos=len(table),
            figures={name: Row.of(column(table, name), grey[name]) for name in LOSSES},
            median=metrics.median_interval(column(table, "weighted All")),
        )
        for reference, table in zip((Grey(), *references), tables, strict=True)
    ]


def render_losses(rows: list[LossRow]) -> str:
    """Tables 1 and 2 in kind as Markdown, the published figures in rows of their own."""
    heads = ("loss", *LOSSES, "weighted All, median photo", *(f"{name} to grey" for name in LOSSES))
    ours = []
    for row in rows:
        figures, ratios = zip(*((f.figure, f.ratio) for f in row.figures.values()), strict=True)
        ours.append((row.name, *map(cell, (*figures, row.median, *ratios))))
    caption = (
        f"Tables 1 and 2 in kind, each decoder fed with the true colours' own code. "
        f"{_means_over(rows[0].photos)}. "
        "Weighted: each pixel times 1 / H of its colour bin; bins that no training photo fills are left out."
    )
    return f"{caption}\n\n{markdown(heads, [*ours, *published_losses()])}"


@dataclass(frozen=True)
class DiverseRow:
    """What `evaluate` found for one method, and the median seconds it needs for the fields of one photo."""

    report: Report
    seconds: float


def seconds_per_photo(
    methods: Sequence[Method], items: list[Item], variants: int, seed: int = 0
) -> list[float]:
    """Median seconds of `fields` for a single photo, per method; the methods take turns photo by photo."""
    photos = [photo for photo in map(open_photo, items) if photo is not None]
    taken: list[list[float]] = [[] for _ in methods]
    for photo in [*photos[:1], *photos]:
        for method, times in zip(methods, taken, strict=True):
            began = time.perf_counter()
            method.fields([photo.grey], [photo.key], variants, seed)
            times.append(time.perf_counter() - began)
    # The first call of each warms it up.
    return [float(np.median(times[1:])) if times else math.nan for times in taken]


def diverse_table(
    methods: Sequence[Method],
    items: list[Item],
    *,
    variants: int,
    seed: int,
    timed: int,
    progress: Progress,
) -> list[DiverseRow]:
    """Table 3 in kind, grey first; seconds are taken on `timed` evenly spaced photos."""
    everyone: list[Method] = [Grey(), *methods]
    reports = [
        evaluate(method, items, variants=variants, seed=seed, progress=progress) for method in everyone
    ]
    some = items[:: max(1, len(items) // timed)]
    seconds = seconds_per_photo(everyone, some, variants, seed)
    return [DiverseRow(report, taken) for report, taken in zip(reports, seconds, strict=True)]


def render_diverse(rows: list[DiverseRow]) -> str:
    """Table 3 in kind as Markdown, the published figures in rows of their own."""
    variants = rows[0].report.variants
    errors = (f"eob@{variants}", "top-1", f"mean-of-{variants}")
    heads = (
        "method",
        errors[0],
        "var",
        *(name for name in errors[1:]),
        "colourfulness 1",
        *(f"{name} to grey" for name in errors),
        "s/photo",
    )
    ours = []
    for row in rows:
        found = row.report.rows
        figures = (*(found[name].figure for name in (heads[1:5])), found["colourfulness 1"].figure)
        ratios = (found[name].ratio for name in errors)
        ours.append((row.report.weights, *map(cell, (*figures, *ratios)), f"{row.seconds:.3f}"))
    truth = ("the photos themselves", "", "", "", "", cell(rows[0].report.rows["colourfulness truth"].figure))
    means = f"{_means_over(rows[0].report.photos)}, seed {rows[0].report.seed}"
    caption = f"Table 3 in kind, {variants} colourings a photo. {means}"
    return f"{caption}\n\n{markdown(heads, [*ours, truth, *published_diverse()])}"
