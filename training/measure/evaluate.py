"""`evaluate`: the figures of docs/measures.md over a set of photographs, as the tool delivers them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorize_cli.errors import NoInputError

from .. import metrics
from ..data.photo import ab_of
from ..data.prepare import Progress
from ..data.sources import Item
from ..metrics import SIDE, Figures
from .harness import Harness, Sample, colour_photos, decode_references, deliver, no_progress, open_harness
from .judge import Judge, Squares, check_impartial, square
from .labels import read_labels
from .likeness import Features, feature_figures, kid_rows
from .methods import Bytes, Fields, Method
from .references import Reference, reference_of
from .report import Report, Row, categories, rows
from .slopes import slope_figures


@dataclass(frozen=True)
class _Found:
    """What is found of one photo; features: of the judge, if there is one."""

    figures: Figures
    features: Features | None = None


def _true_figures(photo: Sample, fields: Fields, own: Fields | None) -> tuple[Figures, Squares]:
    """Of a photo: figures from the fields of its variants and, where there are, of z = 0 and its own code.

    With them, what a judge sees of it (`Features` has the order).
    """
    pictures, delivered = deliver(photo.grey, fields)
    reference = None if own is None else deliver(photo.grey, own)[1]
    truth = ab_of(photo.rgb, SIDE)
    true = {"cast truth": metrics.cast(truth), "chroma truth": metrics.mean_chroma(truth)}
    figures = (
        metrics.error_figures(delivered, truth, reference)
        | metrics.colour_figures(pictures, photo.rgb)
        | {name: float(value) for name, value in true.items()}
        | metrics.ab_figures(delivered)
        | slope_figures(pictures, photo.rgb)
    )
    return figures, _squares(photo, pictures)


def _squares(photo: Sample, pictures: Sequence[Bytes]) -> Squares:
    grey = np.repeat(photo.grey[:, :, None], 3, axis=2)
    return np.stack([square(picture) for picture in (photo.rgb, grey, *pictures)])


def _old_figures(photo: Sample, fields: Fields) -> _Found:
    return _Found(metrics.ab_figures(deliver(photo.grey, fields)[1], "old "))


@dataclass(frozen=True)
class _Evaluation:
    """What is measured, and with what."""

    method: Method
    reference: Reference | None
    judge: Judge | None
    variants: int
    seed: int
    harness: Harness

    def true(self, photos: list[Sample]) -> list[_Found]:
        """The figures of photos whose own colours are the truth."""
        fields = colour_photos(self.method, photos, self.variants, self.seed)
        return [
            self._judged(figures, squares)
            for figures, squares in self.harness.each(_true_figures, photos, fields, self.own(photos))
        ]

    def _judged(self, figures: Figures, squares: Squares) -> _Found:
        if self.judge is None:
            return _Found(figures)
        features = self.judge(squares)
        return _Found(figures | feature_figures(features), features)

    def own(self, photos: list[Sample]) -> Iterable[Fields | None]:
        """The fields (2,2,f,g) of z = 0 and of each photo's own code; None where there is no such thing."""
        if self.reference is None:
            return [None] * len(photos)
        return decode_references(self.reference, photos)

    def old(self, photos: list[Sample]) -> list[_Found]:
        """Cast and chroma of the variants of photos that never had colours."""
        return self.harness.each(
            _old_figures, photos, colour_photos(self.method, photos, self.variants, self.seed)
        )


def evaluate(
    method: Method,
    items: list[Item],
    *,
    variants: int = 5,
    seed: int = 0,
    degraded: bool = False,
    labels: Path | None = None,
    old: list[Item] | None = None,
    judge: Judge | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Measure `variants` colourings of each photo in `items`, whose own colours are the truth.

    With `degraded` the scans are aged, by the seed and the photo; with `labels` (see `read_labels`)
    figures are also by category; `old` are photos that never had colours; with a `judge` there are kid and
    feat. Raises NoInputError if no photo in `items` can be read, UsageError for labels that do not fit and
    for networks that see as the judge does.
    """
    if judge is not None:
        check_impartial(method)
    old = old or []
    known = read_labels(labels, items) if labels else [None] * len(items)
    with open_harness(progress) as harness:
        measure = _Evaluation(method, reference_of(method), judge, variants, seed, harness)
        found = harness.run(items, measure.true, seed if degraded else None)
        aged = harness.run(old, measure.old)
    unread = [i.label for i, f in zip([*items, *old], [*found, *aged], strict=True) if f is None]
    kept = [label for label, f in zip(known, found, strict=True) if f is not None]
    table, old_table = _figures(found), _figures(aged)
    if not table:
        raise NoInputError("None of the photos to measure on can be read.")
    return Report(
        weights=method.info.name,
        sha256=method.info.sha256,
        photos=len(table),
        old_photos=len(old_table),
        variants=variants,
        seed=seed,
        degraded=degraded,
        rows=rows(table) | _as_a_set(found) | rows(old_table),
        categories=categories(table, kept, variants),
        unread=tuple(unread),
    )


def _figures(found: Sequence[_Found | None]) -> list[Figures]:
    return [photo.figures for photo in found if photo is not None]


def _as_a_set(found: Sequence[_Found | None]) -> dict[str, Row]:
    """What a judge says of all photos together."""
    features = [photo.features for photo in found if photo is not None and photo.features is not None]
    return kid_rows(features) if features else {}
