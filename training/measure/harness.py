"""The harness that every figure is taken on: photos in, the pictures the tool would deliver out.

The scan is the photo's own luma, or an aged one. Errors are taken on the ab of the picture that
`colour_picture` makes of it, so what the gamut takes away counts; what a codec does to it afterwards
does not.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import joblib
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.colour.rgb import colour_picture

from ..data.augmentation import degrade
from ..data.photo import ab_of, decode_rgb, grey_of
from ..data.prepare import Progress
from ..data.sources import Item
from ..metrics import SIDE
from .methods import Fields, Method
from .references import Reference

_CHUNK = 32  # photos in memory together

Result = TypeVar("Result")


@dataclass(frozen=True)
class Sample:
    """A photo: (H,W,3) RGB, (H,W) luma of its scan, and sha256 of the file."""

    rgb: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    key: str


def _scan(rgb: NDArray[np.uint8], key: str, aged: int | None) -> NDArray[np.uint8]:
    """The photo's luma, or with a seed what it might look like when old, the same on every call."""
    if aged is None:
        return grey_of(rgb)
    return degrade(rgb, np.random.default_rng((aged, int(key[:16], 16))))


def open_photo(item: Item, aged: int | None = None) -> Sample | None:
    """Read and decode a photo, aged by a seed or as it is; None if that fails."""
    try:
        data = item.read()
        rgb = decode_rgb(data)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
    key = hashlib.sha256(data).hexdigest()
    return Sample(rgb, _scan(rgb, key, aged), key)


def deliver(grey: NDArray[np.uint8], fields: Fields) -> tuple[list[NDArray[np.uint8]], Fields]:
    """Fields (K,2,f,g) -> the pictures the tool delivers, and their ab (K,SIDE,SIDE,2)."""
    pictures = [np.asarray(colour_picture(grey, field), np.uint8) for field in fields]
    return pictures, np.stack([ab_of(picture, SIDE) for picture in pictures])


def colour_photos(method: Method, photos: list[Sample], variants: int, seed: int) -> list[Fields]:
    """The fields (K,2,f,g) of each photo's variants."""
    greys, keys = [photo.grey for photo in photos], [photo.key for photo in photos]
    return method.fields(greys, keys, variants, seed)


def decode_references(reference: Reference, photos: list[Sample]) -> list[Fields]:
    """Of each photo the fields (2,2,f,g) of z = 0 and of the encoder's own code."""
    return reference.own_fields([photo.grey for photo in photos], [photo.rgb for photo in photos])


@dataclass(frozen=True)
class Harness:
    """The threads that make and measure pictures."""

    parallel: Any
    progress: Progress

    def each(self, function: Callable[..., Result], *columns: Iterable[Any]) -> list[Result]:
        """`function` of each row of `columns`, in threads."""
        rows = zip(*columns, strict=True)
        return list(self.parallel(joblib.delayed(function)(*row) for row in rows))

    def run(
        self,
        items: Sequence[Item],
        measure: Callable[[list[Sample]], list[Result]],
        aged: int | None = None,
    ) -> list[Result | None]:
        """What `measure` finds for each item, None for one that cannot be read."""
        found: list[Result | None] = [None] * len(items)
        for start in range(0, len(items), _CHUNK):
            part = slice(start, start + _CHUNK)
            seeds = [aged] * len(items[part])
            opened = dict(enumerate(self.each(open_photo, items[part], seeds), start))
            photos = {place: photo for place, photo in opened.items() if photo is not None}
            if photos:
                for place, figures in zip(photos, measure([*photos.values()]), strict=True):
                    found[place] = figures
            self.progress(len(opened))
        return found


def no_progress(done: int) -> None:
    """Tells nobody."""


@contextmanager
def open_harness(progress: Progress = no_progress) -> Iterator[Harness]:
    """A harness with one thread a core."""
    with joblib.Parallel(n_jobs=joblib.cpu_count(), backend="threading") as parallel:
        yield Harness(parallel, progress)
