"""Batches from the cache in an order that depends on seed and step alone, so that a run can resume."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from colorize_cli.model.backbone import FEATURE_STRIDES
from colorize_cli.model.vae import AB_SCALE

from .cache import Cache


@dataclass(frozen=True)
class Batch:
    """grey (B,1,v,v) in [0,1], field (B,2,f,f) = ab / 128, features at strides 8, 16, 32."""

    grey: Tensor
    field: Tensor
    features: tuple[Tensor, Tensor, Tensor]


def load_batch(cache: Cache, rows: NDArray[np.int64], side: int) -> Batch:
    """The given rows, with the colour field averaged down to `side`."""
    # Sorted rows are read front to back, which the disk likes; the order within a batch is free.
    rows = np.sort(rows)
    arrays = cache.arrays
    grey = torch.from_numpy(arrays["grey"][rows]).float().div_(255.0)[:, None]
    ab = torch.from_numpy(arrays["ab"][rows]).float().div_(AB_SCALE).permute(0, 3, 1, 2)
    stride8, stride16, stride32 = (
        torch.from_numpy(arrays[f"feature{s}"][rows]).float().permute(0, 3, 1, 2) for s in FEATURE_STRIDES
    )
    return Batch(grey, F.adaptive_avg_pool2d(ab, side), (stride8, stride16, stride32))


def rows_of_step(rows: NDArray[np.int64], size: int, seed: int, step: int) -> NDArray[np.int64]:
    """The rows of batch `step`: every epoch is a new permutation; a last, smaller batch is left out."""
    epoch, place = divmod(step, len(rows) // size)
    order = np.random.default_rng((seed, epoch)).permutation(rows)
    return order[place * size : (place + 1) * size]


def training_batches(
    cache: Cache, rows: NDArray[np.int64], size: int, side: int, seed: int, steps: range
) -> Iterator[Batch]:
    """The batches of `steps`, each read ahead while the one before is being used."""
    with ThreadPoolExecutor(1) as pool:
        pending = None
        for step in steps:
            future = pool.submit(load_batch, cache, rows_of_step(rows, size, seed, step), side)
            if pending is not None:
                yield pending.result()
            pending = future
        if pending is not None:
            yield pending.result()


def in_batches(rows: NDArray[np.int64], size: int) -> Sequence[NDArray[np.int64]]:
    """Rows in consecutive parts of at most `size`."""
    return [rows[i : i + size] for i in range(0, len(rows), size)]
