"""`evaluate`: the figures of docs/design.md over a set of photographs, as the tool delivers them.

The scan is the photo's own luma. Errors are taken on the ab of the picture that `colour_picture`
makes of it, so what the gamut takes away counts; what a codec does to it afterwards does not.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch
from numpy.typing import NDArray

from colorize_cli.engine import Colorizer
from colorize_cli.errors import NoInputError
from colorize_cli.image import colour_picture
from colorize_cli.image.view import view
from colorize_cli.model.vae import AB_SCALE

from . import metrics
from .metrics import SIDE, Figures
from .prepare import Progress, ab_of, decode_rgb, grey_of
from .recognition import (
    ColourClassifier,
    classifier_input,
    classify,
    load_classifier,
    read_labels,
)
from .report import READS, Report, categories, rows
from .sources import Item

_CHUNK = 32  # photos in memory together
_BATCH = 8  # photos in the network together; more leave the cache of a CPU


@dataclass(frozen=True)
class Sample:
    """A photo: (H,W,3) RGB, (H,W) luma, sha256 of the file, and its ImageNet class if known."""

    rgb: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    key: str
    index: int | None = None


def open_photo(item: Item, index: int | None = None) -> Sample | None:
    """Read and decode a photo; None if that fails."""
    try:
        data = item.read()
        rgb = decode_rgb(data)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
    return Sample(rgb, grey_of(rgb), hashlib.sha256(data).hexdigest(), index)


def _own_fields(
    colorizer: Colorizer, views: NDArray[np.float32], truths: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Fields decoded from z = 0 and from the encoder's own mu: true ab (B,f,f,2) -> (B,2,2,f,f)."""
    net, device = colorizer.net, colorizer.device
    with torch.inference_mode():
        grey = torch.from_numpy(views)[:, None].to(device)
        mu, _ = net.encoder(torch.from_numpy(truths).permute(0, 3, 1, 2).to(device) / AB_SCALE)
        skips = net.decoder.skips(grey, net.backbone(grey))
        fields = net.decode(torch.stack([torch.zeros_like(mu), mu], dim=1), skips)
    return np.asarray((fields * AB_SCALE).cpu().numpy())


def _batches(count: int) -> list[slice]:
    return [slice(start, start + _BATCH) for start in range(0, count, _BATCH)]


def _deliver(
    grey: NDArray[np.uint8], fields: NDArray[np.float32]
) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32]]:
    """Fields (K,2,f,f) -> the pictures the tool delivers, and their ab (K,SIDE,SIDE,2)."""
    pictures = [np.asarray(colour_picture(grey, field), np.uint8) for field in fields]
    return pictures, np.stack([ab_of(picture, SIDE) for picture in pictures])


def _true_figures(photo: Sample, fields: NDArray[np.float32]) -> Figures:
    """Figures of a photo from the fields of its variants, of z = 0 and of its own code."""
    k = len(fields) - 2
    pictures, delivered = _deliver(photo.grey, fields)
    truth = ab_of(photo.rgb, SIDE)
    true = {"cast truth": metrics.cast(truth), "chroma truth": metrics.mean_chroma(truth)}
    return (
        metrics.error_figures(delivered, truth, k)
        | metrics.colour_figures(pictures[:k], photo.rgb)
        | {name: float(value) for name, value in true.items()}
        | metrics.ab_figures(delivered[:k])
    )


def _old_figures(photo: Sample, fields: NDArray[np.float32]) -> Figures:
    return metrics.ab_figures(_deliver(photo.grey, fields)[1], "old ")


def _reads_inputs(photo: Sample, field: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    """Grey, first variant and truth of a photo, for the classifier."""
    grey = np.repeat(photo.grey[:, :, None], 3, axis=2)
    first = np.asarray(colour_picture(photo.grey, field), np.uint8)
    return [classifier_input(rgb) for rgb in (grey, first, photo.rgb)]


@dataclass(frozen=True)
class _Bench:
    """A colorizer and the threads that make and measure its pictures."""

    colorizer: Colorizer
    variants: int
    seed: int
    classifier: ColourClassifier | None
    parallel: Any
    progress: Progress

    def each(self, function: Callable[..., Any], *columns: Iterable[Any]) -> list[Any]:
        """`function` of each row of `columns`, in threads."""
        rows = zip(*columns, strict=True)
        return list(self.parallel(joblib.delayed(function)(*row) for row in rows))

    def run(
        self,
        items: Sequence[Item],
        indices: Sequence[int | None],
        measure: Callable[[list[Sample]], list[Figures]],
    ) -> list[Figures | None]:
        """The figures of each item, None for one that cannot be read."""
        found: list[Figures | None] = [None] * len(items)
        for start in range(0, len(items), _CHUNK):
            part = slice(start, start + _CHUNK)
            opened = dict(enumerate(self.each(open_photo, items[part], indices[part]), start))
            photos = {place: photo for place, photo in opened.items() if photo is not None}
            if photos:
                for place, figures in zip(photos, measure([*photos.values()]), strict=True):
                    found[place] = figures
            self.progress(len(opened))
        return found

    def views(self, photos: list[Sample]) -> NDArray[np.float32]:
        """The model's views of the photos, (B,v,v)."""
        return np.stack([view(photo.grey, self.colorizer.view_size) for photo in photos])

    def fields(self, photos: list[Sample], views: NDArray[np.float32]) -> NDArray[np.float32]:
        """The fields (B,K,2,f,f) of the photos' variants."""
        keys = [photo.key for photo in photos]
        batches = [
            self.colorizer.fields(views[part], keys[part], self.variants, self.seed)
            for part in _batches(len(photos))
        ]
        return np.concatenate(batches)

    def own_fields(self, photos: list[Sample], views: NDArray[np.float32]) -> NDArray[np.float32]:
        """The fields of z = 0 and of the encoder's own code, (B,2,2,f,f)."""
        side = self.colorizer.net.config.field
        truths = np.stack([ab_of(photo.rgb, side) for photo in photos])
        batches = [_own_fields(self.colorizer, views[part], truths[part]) for part in _batches(len(photos))]
        return np.concatenate(batches)

    def measure(self, photos: list[Sample]) -> list[Figures]:
        """The figures of photos whose own colours are the truth."""
        views = self.views(photos)
        fields = self.fields(photos, views)
        everything = np.concatenate([fields, self.own_fields(photos, views)], axis=1)
        figures: list[Figures] = self.each(_true_figures, photos, everything)
        reads = self.reads(photos, fields)
        return [f | reads.get(i, {}) for i, f in enumerate(figures)]

    def reads(self, photos: list[Sample], fields: NDArray[np.float32]) -> dict[int, Figures]:
        """By place in `photos`, for those of a known class: 1.0 if it is recognised, else 0.0."""
        places = [i for i, photo in enumerate(photos) if photo.index is not None]
        if self.classifier is None or not places:
            return {}
        inputs = self.each(_reads_inputs, [photos[i] for i in places], fields[places, 0])
        seen = classify(self.classifier, [rgb for three in inputs for rgb in three]).reshape(-1, 3)
        return {
            place: {name: float(one == photos[place].index) for name, one in zip(READS, row, strict=True)}
            for place, row in zip(places, seen, strict=True)
        }

    def measure_old(self, photos: list[Sample]) -> list[Figures]:
        """Cast and chroma of the variants of photos that never had colours."""
        return self.each(_old_figures, photos, self.fields(photos, self.views(photos)))


def _no_progress(done: int) -> None:
    pass


def evaluate(
    colorizer: Colorizer,
    items: list[Item],
    *,
    variants: int = 5,
    seed: int = 0,
    labels: Path | None = None,
    old: list[Item] | None = None,
    progress: Progress = _no_progress,
) -> Report:
    """Measure `variants` colourings of each photo in `items`, whose own colours are the truth.

    With `labels` (see `read_labels`) also by category and reads-as; `old` are photos that never
    had colours. Raises NoInputError if no photo in `items` can be read, UsageError for labels that
    do not fit.
    """
    old = old or []
    known = read_labels(labels, items) if labels else [None] * len(items)
    indices = [label.index if label else None for label in known]
    classifier = load_classifier() if any(i is not None for i in indices) else None
    with joblib.Parallel(n_jobs=joblib.cpu_count(), backend="threading") as parallel:
        bench = _Bench(colorizer, variants, seed, classifier, parallel, progress)
        found = bench.run(items, indices, bench.measure)
        aged = bench.run(old, [None] * len(old), bench.measure_old)
    unread = [i.label for i, f in zip([*items, *old], [*found, *aged], strict=True) if f is None]
    table, old_table = ([f for f in some if f is not None] for some in (found, aged))
    if not table:
        raise NoInputError("None of the photos to measure on can be read.")
    kept = [label for label, f in zip(known, found, strict=True) if f is not None]
    return Report(
        weights=colorizer.info.name,
        sha256=colorizer.info.sha256,
        photos=len(table),
        classified=sum(READS[0] in figures for figures in table),
        old_photos=len(old_table),
        variants=variants,
        seed=seed,
        rows=rows(table) | rows(old_table),
        categories=categories(table, kept, variants),
        unread=tuple(unread),
    )
