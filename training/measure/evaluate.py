"""`evaluate`: the figures of docs/measures.md over a set of photographs, as the tool delivers them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from colorize_cli.errors import NoInputError

from .. import metrics
from ..data.photo import ab_of
from ..data.prepare import Progress
from ..data.sources import Item
from ..metrics import SIDE, Figures
from .harness import Harness, Sample, colour_photos, decode_references, deliver, no_progress, open_harness
from .labels import read_labels
from .methods import Fields, Method, Reference, reference_of
from .report import Report, categories, rows


def _true_figures(photo: Sample, fields: Fields, own: Fields | None) -> Figures:
    """Figures of a photo from the fields of its variants and, where there are, of z = 0 and its own code."""
    pictures, delivered = deliver(photo.grey, fields)
    reference = None if own is None else deliver(photo.grey, own)[1]
    truth = ab_of(photo.rgb, SIDE)
    true = {"cast truth": metrics.cast(truth), "chroma truth": metrics.mean_chroma(truth)}
    return (
        metrics.error_figures(delivered, truth, reference)
        | metrics.colour_figures(pictures, photo.rgb)
        | {name: float(value) for name, value in true.items()}
        | metrics.ab_figures(delivered)
    )


def _old_figures(photo: Sample, fields: Fields) -> Figures:
    return metrics.ab_figures(deliver(photo.grey, fields)[1], "old ")


@dataclass(frozen=True)
class _Evaluation:
    """What is measured, and with what."""

    method: Method
    reference: Reference | None
    variants: int
    seed: int
    harness: Harness

    def true(self, photos: list[Sample]) -> list[Figures]:
        """The figures of photos whose own colours are the truth."""
        fields = colour_photos(self.method, photos, self.variants, self.seed)
        return self.harness.each(_true_figures, photos, fields, self.own(photos))

    def own(self, photos: list[Sample]) -> Iterable[Fields | None]:
        """The fields (2,2,f,f) of z = 0 and of each photo's own code; None where there is no such thing."""
        if self.reference is None:
            return [None] * len(photos)
        return decode_references(self.reference, photos)

    def old(self, photos: list[Sample]) -> list[Figures]:
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
    progress: Progress = no_progress,
) -> Report:
    """Measure `variants` colourings of each photo in `items`, whose own colours are the truth.

    With `degraded` the scans are aged, by the seed and the photo; with `labels` (see `read_labels`)
    figures are also by category; `old` are photos that never had colours. Raises
    NoInputError if no photo in `items` can be read, UsageError for labels that do not fit.
    """
    old = old or []
    known = read_labels(labels, items) if labels else [None] * len(items)
    with open_harness(progress) as harness:
        measure = _Evaluation(method, reference_of(method), variants, seed, harness)
        found = harness.run(items, measure.true, seed if degraded else None)
        aged = harness.run(old, measure.old)
    unread = [i.label for i, f in zip([*items, *old], [*found, *aged], strict=True) if f is None]
    table, old_table = ([f for f in some if f is not None] for some in (found, aged))
    if not table:
        raise NoInputError("None of the photos to measure on can be read.")
    kept = [label for label, f in zip(known, found, strict=True) if f is not None]
    return Report(
        weights=method.info.name,
        sha256=method.info.sha256,
        photos=len(table),
        old_photos=len(old_table),
        variants=variants,
        seed=seed,
        degraded=degraded,
        rows=rows(table) | rows(old_table),
        categories=categories(table, kept, variants),
        unread=tuple(unread),
    )
