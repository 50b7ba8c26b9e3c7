"""Batches of two views of crops of photos, for networks that see a photo at two sizes."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_cli.errors import UsageError
from colorize_cli.model.networks.vae import AB_SCALE

from .augmentation import degrade
from .batches import read_ahead
from .faces import Faces, inner_mask
from .photo import grey_of, lab_of
from .photo_store import PhotoStore, Rgb

_SHAPES = ((1.0, 1.0), (1.0, 1.0), (0.86, 1.16), (1.16, 0.86))  # of height and width, one for a batch
_WHOLE, _SOFT = 0.3, 0.15  # shares of photos that are not cropped, and of greys that were scanned small
_LEAST_AREA = 0.35
# That crop ahead: a core makes 600 photos a second, and a card may take more.
_THREADS = max(1, min(8, (os.cpu_count() or 1) // 2))

Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class ViewBatch:
    """code (B,1,v,w) and grey (B,1,h,w) in [0,1], field (B,2,h/4,w/4) = ab / 128.

    skin: (B,1,h/4,w/4), the share of each place that is the skin of a known face.
    """

    code: Tensor
    grey: Tensor
    field: Tensor
    skin: Tensor

    def to(self, device: torch.device) -> ViewBatch:
        """The batch on a device; copies of `pinned` memory overlap with the work of a GPU."""
        return self._each(lambda x: x.to(device, non_blocking=x.is_pinned()))

    def pinned(self) -> ViewBatch:
        """The batch in memory that a GPU reads by itself."""
        return self._each(lambda x: x.pin_memory())

    def _each(self, change: Callable[[Tensor], Tensor]) -> ViewBatch:
        return ViewBatch(change(self.code), change(self.grey), change(self.field), change(self.skin))


@dataclass(frozen=True)
class Sizes:
    """Sides of square views of the code and of what is coloured; other shapes have about the same area."""

    code: int
    detail: int

    def grown(self, share: float) -> Sizes:
        """Those at a share of a training that begins with 0.6 of the sides (progressive resizing)."""
        factor = 0.6 + 0.4 * min(1.0, share)
        return Sizes(round(self.code * factor), round(self.detail * factor))


def sides(side: int, shape: tuple[float, float] = (1.0, 1.0)) -> tuple[int, int]:
    """Height and width, multiples of 32, of a view of about side x side pixels."""
    height, width = (max(32, round(side * stretch / 32) * 32) for stretch in shape)
    return height, width


def crop(rgb: Rgb, aspect: float, rng: np.random.Generator) -> Rgb:
    """Of (H,W,any) a part of 35 to 100 % of it, about as wide as `aspect`, or all; mirrored at times."""
    height, width = rgb.shape[:2]
    if rng.random() >= _WHOLE:
        area, aspect = (
            rng.uniform(_LEAST_AREA, 1.0) * height * width,
            aspect * np.exp(rng.uniform(-0.15, 0.15)),
        )
        h = min(height, max(24, round((area / aspect) ** 0.5)))
        w = min(width, max(24, round((area * aspect) ** 0.5)))
        y, x = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
        rgb = rgb[y : y + h, x : x + w]
    return np.ascontiguousarray(rgb[:, ::-1] if rng.random() < 0.5 else rgb)


Views = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]


def views_of(rgb: Rgb, grey: Grey, skin: Grey, code: tuple[int, int], detail: tuple[int, int]) -> Views:
    """Grey views of both sizes, and ab / 128 and the share of skin at a quarter of the second."""
    places = detail[0] // 4, detail[1] // 4
    field = _resized(lab_of(rgb)[:, :, 1:], places) / np.float32(AB_SCALE)
    share = _resized(skin.astype(np.float32), places) / np.float32(255.0)
    greys = (np.asarray(_resized(grey, size), np.uint8) for size in (code, detail))
    return next(greys), next(greys), np.asarray(field, np.float32), np.asarray(share, np.float32)


def sample(
    rgb: Rgb,
    faces: Faces,
    code: tuple[int, int],
    detail: tuple[int, int],
    rng: np.random.Generator,
    aged: float,
) -> Views:
    """Views of a random part of a photo, whose grey is aged at times."""
    masked = crop(np.dstack([rgb, inner_mask(faces, rgb.shape[:2])]), detail[1] / detail[0], rng)
    part, skin = np.ascontiguousarray(masked[:, :, :3]), masked[:, :, 3]
    grey = degrade(part, rng) if rng.random() < aged else grey_of(part)
    if rng.random() < _SOFT:
        grey = _softened(grey, rng)
    return views_of(part, grey, skin, code, detail)


def stacked(views: Sequence[Views]) -> ViewBatch:
    """Views of one size as a batch."""
    code, grey, field, skin = (torch.from_numpy(np.stack(column)) for column in zip(*views, strict=True))
    code, grey = (view[:, None].float().div_(255.0) for view in (code, grey))
    return ViewBatch(code, grey, field.permute(0, 3, 1, 2).contiguous(), skin[:, None])


def whole_batches(
    store: PhotoStore, rows: NDArray[np.int64], sizes: Sizes, size: int = 16
) -> Iterator[ViewBatch]:
    """Whole photos as they are, squashed to squares, in the order of `rows`."""
    code, detail = sides(sizes.code), sides(sizes.detail)
    for first in range(0, len(rows), size):
        photos = [store[int(row)] for row in rows[first : first + size]]
        yield stacked([_whole(rgb, code, detail) for rgb in photos])


def _whole(rgb: Rgb, code: tuple[int, int], detail: tuple[int, int]) -> Views:
    return views_of(rgb, grey_of(rgb), inner_mask((), rgb.shape[:2]), code, detail)


@dataclass(frozen=True)
class ViewBatches:
    """The loop's batches: photos drawn by weight, cropped and aged anew at every step.

    weights: how often each of `rows` is drawn, compared with others. grow: steps until views are `sizes`.
    faces: those that are known, by row.
    """

    store: PhotoStore
    rows: NDArray[np.int64]
    weights: NDArray[np.float64]
    sizes: Sizes
    grow: int
    aged: float
    faces: Mapping[int, Faces] = field(default_factory=dict)

    def __call__(
        self, size: int, seed: int, steps: range, *, share: slice = slice(None), ahead: bool = True
    ) -> Iterator[ViewBatch]:
        """See `Batches`. Always read ahead: cropping takes a tenth of a step."""
        if not len(self.rows):
            raise UsageError("There is no photo to train on: none can be read, or all are held out.")
        load = functools.partial(self._batch, size, seed, share)
        return read_ahead(load, iter(steps), _THREADS)

    def _batch(self, size: int, seed: int, share: slice, step: int) -> ViewBatch:
        rng = np.random.default_rng((seed, step))
        sizes, shape = self.sizes.grown(step / max(1, self.grow)), _SHAPES[rng.integers(len(_SHAPES))]
        code, detail = sides(sizes.code, shape), sides(sizes.detail, shape)
        # All are drawn in every process, which then makes its own part: the same however they are shared.
        drawn = rng.choice(self.rows, size, p=self.weights / self.weights.sum())
        seeds = rng.integers(0, 2**63, size)
        return stacked(
            [
                self._sample(int(row), code, detail, np.random.default_rng(number))
                for row, number in zip(drawn[share], seeds[share], strict=True)
            ]
        )

    def _sample(
        self, row: int, code: tuple[int, int], detail: tuple[int, int], rng: np.random.Generator
    ) -> Views:
        return sample(self.store[row], self.faces.get(row, ()), code, detail, rng, self.aged)


def _softened(grey: Grey, rng: np.random.Generator) -> Grey:
    height, width = grey.shape
    scale = rng.uniform(0.4, 0.8)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _resized(image: NDArray, size: tuple[int, int]) -> NDArray:  # type: ignore[type-arg]
    down = image.shape[0] >= size[0] and image.shape[1] >= size[1]
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA if down else cv2.INTER_LINEAR)
