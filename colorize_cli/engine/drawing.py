"""Pictures for programs: what they have goes in, variants with what is known of each come out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from colorize_cli.engine.protocol import Engine, SampleOptions, Variants
from colorize_cli.engine.task import ColourTask, ViewSizes, variants_of
from colorize_cli.errors import UsageError
from colorize_cli.hints.hint import Hint, HintResult
from colorize_cli.hints.palette import Palette
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.given import is_floating, photo_of
from colorize_cli.settings import DETAIL, DIVERSITY, PALETTE_STRENGTH, VARIANTS

Picture = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for of photos; UsageError for what nobody can draw."""

    n: int = 5
    seed: int = 0
    hints: Sequence[Hint] = ()
    palette: Palette | None = None
    palette_strength: float = 1.0
    detail: int | None = None
    diversity: float | None = None

    def __post_init__(self) -> None:
        _require("n", self.n, *VARIANTS)
        _require("detail", self.detail, *DETAIL)
        _require("diversity", self.diversity, *DIVERSITY)
        _require("palette_strength", self.palette_strength, *PALETTE_STRENGTH)


def _require(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not (math.isfinite(value) and least <= value <= most):
        raise UsageError(f"{name} is {value}; it is to be from {least:g} to {most:g}.")


@dataclass(frozen=True, eq=False)
class DrawnVariant:
    """One colouring: (H,W,3) RGB of the depth of its photo, and what the mixture thinks of it.

    rank: from 1, the most likely. weight, log_likelihood, distance: see `Variants`.
    """

    picture: Picture
    rank: int
    weight: float
    log_likelihood: float
    distance: float


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was made of a photo.

    uncertainty: (f,g) in CIELAB units, how far the mixture is from one opinion at each place; its mean ranks
    photos. hints: how well each one is met. warnings: what was odd about the file.
    """

    variants: tuple[DrawnVariant, ...]
    uncertainty: NDArray[np.float32]
    hints: tuple[HintResult, ...]
    warnings: tuple[str, ...]


def drawn(engine: Engine, photos: Iterable[object], wanted: Wanted, batch: int) -> Iterator[Drawn]:
    """The photos one after the other, `batch` of them to a call of the network; errors as of `photo_of`."""
    sizes, options = ViewSizes.of(engine, wanted.detail), _options(wanted)
    waiting = iter(photos)
    while given := list(islice(waiting, batch)):
        tasks = [
            ColourTask(Canvas(photo_of(one)), sizes, wanted.hints, wanted.palette, wanted.palette_strength)
            for one in given
        ]
        made = variants_of(tasks, [task.prompt() for task in tasks], engine, options)
        for one, task, variants in zip(given, tasks, made, strict=True):
            yield _drawn(task, variants, floating=is_floating(one))


def _options(wanted: Wanted) -> SampleOptions:
    return SampleOptions(wanted.n, wanted.seed, wanted.diversity, uncertainty=True)


def _drawn(task: ColourTask, variants: Variants, *, floating: bool) -> Drawn:
    fields, hints = task.corrected(variants.fields[0])
    assert variants.uncertainty is not None
    found = tuple(
        DrawnVariant(
            _picture(task.canvas, field, floating=floating),
            i + 1,
            float(variants.weights[0, i]),
            float(variants.log_likelihoods[0, i]),
            float(variants.distances[0, i]),
        )
        for i, field in enumerate(fields)
    )
    return Drawn(found, variants.uncertainty[0], hints, task.canvas.photo.warnings)


def _picture(canvas: Canvas, field: NDArray[np.float32], *, floating: bool) -> Picture:
    deep = canvas.photo.luma.dtype == np.uint16
    pixels = np.concatenate([*canvas.strips(field, deep=deep)])[:, :, :3]
    return (pixels / np.float32(65535)).astype(np.float32) if floating else pixels
