"""Photos as a run would make them, small and in memory: the stages of a run without its last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorize_cli.engine.protocol import Engine, SampleOptions
from colorize_cli.engine.task import ViewSizes
from colorize_cli.errors import PhotoError
from colorize_cli.image.canvas import Canvas, eight_bits
from colorize_cli.image.colour.already_colour import is_colour
from colorize_cli.image.colour.samples import srgb_grey
from colorize_cli.image.colour.upsample import resize
from colorize_cli.image.icc.profile import to_srgb
from colorize_cli.inputs.naming import InputPhoto, name_photos
from colorize_cli.inputs.walk import select
from colorize_cli.run.read import read_page, task_of
from colorize_cli.settings import Hinting, IfColor, RunSettings

Bytes = NDArray[np.uint8]
_NOTHING = np.zeros((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class Preview:
    """A photo in grey and its variants, (h,w,3) sRGB, with a caption each; or a problem, why there are none.

    failed: whether a run would count it as a failure.
    """

    name: str
    grey: Bytes = field(default_factory=lambda: _NOTHING)
    pictures: tuple[Bytes, ...] = ()
    captions: tuple[str, ...] = ()
    problem: str | None = None
    failed: bool = False


def previewed(settings: RunSettings) -> list[InputPhoto]:
    """The photos and pages that a run would take; NoInputError as of `select`."""
    return list(name_photos(select(settings).photos, settings.format, settings.pages))


def previews(
    photos: Iterable[InputPhoto], settings: RunSettings, engine: Engine, side: int
) -> Iterator[Preview]:
    """Each photo with its variants, `side` pixels long or less."""
    for photo in photos:
        name = Path(photo.path).name + (f", page {photo.page}" if photo.page else "")
        try:
            yield _preview(name, photo, settings, engine, side)
        except PhotoError as error:
            yield Preview(name, problem=f"failed: {error}", failed=True)


def _preview(name: str, photo: InputPhoto, settings: RunSettings, engine: Engine, side: int) -> Preview:
    scan = read_page(photo, settings)
    if settings.if_color is IfColor.SKIP and is_colour(scan):
        reason = "already in colour; --if-color colorize"
        return Preview(name, problem=f"left out: {photo.path} ({reason})")
    canvas = Canvas(scan)
    task, _ = task_of(photo, canvas, settings, ViewSizes.of(engine, settings.detail))
    made = task.variants(engine, SampleOptions(settings.variants, settings.seed, settings.diversity))
    fields, _ = task.corrected(made.fields[0], hard=settings.hints is Hinting.HARD)
    grey = _small(eight_bits(srgb_grey(scan.luma, canvas.space)), side)
    pictures = tuple(_picture(canvas, one, side) for one in fields)
    captions = tuple(f"{i}, weight {weight:.0%}" for i, weight in enumerate(made.weights[0], 1))
    return Preview(name, np.repeat(grey[..., None], 3, 2), pictures, captions)


def _picture(canvas: Canvas, ab: NDArray[np.float32], side: int) -> Bytes:
    """A variant as it would be written, made small."""
    whole = np.concatenate([strip[..., :3] for strip in canvas.strips(ab, deep=False)])
    return np.asarray(to_srgb(_small(np.asarray(whole, np.uint8), side), canvas.photo.metadata.icc), np.uint8)


def _small(pixels: Bytes, side: int) -> Bytes:
    scale = min(1.0, side / max(pixels.shape[:2]))
    return np.asarray(resize(pixels, *(max(1, round(n * scale)) for n in pixels.shape[:2])), np.uint8)
