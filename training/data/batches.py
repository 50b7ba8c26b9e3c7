"""Batches from the cache in an order that depends on seed and step alone, so that a run can resume."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from colorize_cli.errors import UsageError
from colorize_cli.model.networks.backbone import FEATURE_STRIDES
from colorize_cli.model.networks.vae import AB_SCALE

from .cache import Cache

Part = TypeVar("Part")
Loaded = TypeVar("Loaded")


class OnDevice(Protocol):
    """A batch of whatever stage."""

    def to(self, device: torch.device) -> Self:
        """The batch on a device."""

    def pinned(self) -> Self:
        """The batch in memory that a GPU reads by itself."""


Movable = TypeVar("Movable", bound=OnDevice)


@dataclass(frozen=True)
class Batch:
    """grey (B,1,v,v) in [0,1], field (B,2,f,f) = ab / 128, features at strides 8, 16, 32 or none."""

    grey: Tensor
    field: Tensor
    features: tuple[Tensor, ...]

    def to(self, device: torch.device) -> Batch:
        """The batch on a device; copies of `pinned` memory overlap with the work of a GPU."""
        return self._each(lambda x: x.to(device, non_blocking=x.is_pinned()))

    def pinned(self) -> Batch:
        """The batch in memory that a GPU reads by itself."""
        return self._each(lambda x: x.pin_memory())

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        return Batch(change(self.grey), change(self.field), tuple(change(x) for x in self.features))


@functools.lru_cache(maxsize=8)
def _overlaps(source: int, target: int) -> Tensor:
    """Share of each source cell in each target cell along one axis, (target, source), rows summing to 1."""
    edges = torch.arange(target + 1, dtype=torch.float64) * (source / target)
    cells = torch.arange(source, dtype=torch.float64)
    low = torch.maximum(edges[:-1, None], cells)
    high = torch.minimum(edges[1:, None], cells + 1.0)
    return ((high - low).clamp_min(0.0) * (target / source)).float()


def area_resize(field: Tensor, side: int) -> Tensor:
    """(B,C,s,s) -> (B,C,side,side) by exact area averaging; adaptive pooling blurs where s/side is broken."""
    source = field.shape[-1]
    if source % side == 0:
        return F.avg_pool2d(field, source // side) if source != side else field
    weights = _overlaps(source, side).to(field)
    return weights @ field @ weights.T


def load_batch(cache: Cache, rows: NDArray[np.int64], side: int, *, features: bool = True) -> Batch:
    """The given rows, with the colour field averaged to `side`; without `features` if they are not wanted.

    Features are 100 kB a photo, most of what is read.
    """
    # Sorted rows are read front to back, which the disk likes; the order within a batch is free.
    rows = np.sort(rows)
    arrays = cache.arrays
    grey = torch.from_numpy(arrays["grey"][rows]).float().div_(255.0)[:, None]
    ab = torch.from_numpy(arrays["ab"][rows]).float().div_(AB_SCALE).permute(0, 3, 1, 2)
    strides = FEATURE_STRIDES if features else ()
    maps = tuple(torch.from_numpy(arrays[f"feature{s}"][rows]).float().permute(0, 3, 1, 2) for s in strides)
    return Batch(grey, area_resize(ab, side), maps)


def rows_of_step(rows: NDArray[np.int64], size: int, seed: int, step: int) -> NDArray[np.int64]:
    """The rows of batch `step`: every epoch is a new permutation; a last, smaller batch is left out.

    Fewer rows than a batch holds are repeated; UsageError if there are none.
    """
    if not len(rows):
        raise UsageError("There is no photo to train on: none was prepared, or all are held out.")
    epoch, place = divmod(step, max(1, len(rows) // size))
    order = np.random.default_rng((seed, epoch)).permutation(rows)
    return np.resize(order, max(size, len(rows)))[place * size : (place + 1) * size]


@dataclass(frozen=True)
class CacheBatches:
    """Rows of a cache as the loop's batches, colour fields averaged to `side`, with or without features."""

    cache: Cache
    rows: NDArray[np.int64]
    side: int
    features: bool = True

    def __call__(
        self, size: int, seed: int, steps: range, *, share: slice = slice(None), ahead: bool = True
    ) -> Iterator[Batch]:
        """The batches of `steps`; with `ahead` each is read while the one before is being used.

        `share` is the part of every batch that this process takes.
        """
        # Sorted before it is shared, so that the photos meet the same draws however they are shared.
        parts = (np.sort(rows_of_step(self.rows, size, seed, step))[share] for step in steps)
        load = functools.partial(load_batch, self.cache, side=self.side, features=self.features)
        return read_ahead(load, parts) if ahead else map(load, parts)


def read_ahead(load: Callable[[Part], Loaded], parts: Iterator[Part], threads: int = 1) -> Iterator[Loaded]:
    """What `load` makes of each part, in their order, made in threads while the ones before are used."""
    with ThreadPoolExecutor(threads) as pool:
        pending: deque[Future[Loaded]] = deque()
        for part in parts:
            pending.append(pool.submit(load, part))
            if len(pending) > threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def in_batches(rows: NDArray[np.int64], size: int) -> Sequence[NDArray[np.int64]]:
    """Rows in consecutive parts of at most `size`."""
    return [rows[i : i + size] for i in range(0, len(rows), size)]
