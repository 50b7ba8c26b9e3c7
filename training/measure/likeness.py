"""How like true photos pictures look, one by one (`feat`) and as a set (`kid`), by the features of a judge.

`kid` is the kernel distance of Bińkowski et al. 2018, of the kernel (x·y / d + 1)³. Both are shares of what
the same photos have when they are left grey.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..metrics import RESAMPLES, Figure, Figures, Floats, per_rank
from .report import Row

# Of a photo's pictures: the true one, the grey one, the variants by rank, (2+k,d).
Features = NDArray[np.float32]

_ROWS = 512  # of the kernel's matrix in memory together


def feature_figures(features: Features) -> Figures:
    """`feat` of the grey picture and of the variants: 1 - cosine to the true one."""
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    grey, *ranked = 1.0 - unit[1:].astype(np.float64) @ unit[0]
    return {"feat grey": float(grey)} | per_rank("feat", ranked)


def kid_rows(photos: Sequence[Features], seed: int = 0) -> dict[str, Row]:
    """`kid` of each rank over all photos, with the interval of a bootstrap over them."""
    truth, grey, *ranked = np.stack(photos, axis=1).astype(np.float64)
    drawn = np.random.default_rng(seed).multinomial(
        len(truth), np.full(len(truth), 1 / len(truth)), RESAMPLES
    )
    counts = np.concatenate([np.ones((1, len(truth))), drawn])
    unit = kernel_distances(grey, truth, counts)
    shares = (_share(kernel_distances(pictures, truth, counts), unit) for pictures in ranked)
    return {f"kid {rank}": Row(share) for rank, share in enumerate(shares, 1)}


def _share(distances: Floats, unit: Floats) -> Figure:
    """The first over the first, with the interval of the others."""
    shares = np.full(len(unit), np.nan)
    np.divide(distances, unit, out=shares, where=unit != 0.0)
    if not np.isfinite(shares[0]):
        return Figure(np.nan, np.nan, np.nan)
    low, high = np.nanpercentile(shares, (2.5, 97.5))
    return Figure(float(shares[0]), float(low), float(high))


def kernel_distances(x: Floats, y: Floats, counts: Floats) -> Floats:
    """Unbiased squared distances of two sets (P,d) of pictures of the same P photos; NaN of less than two.

    One for each row of counts (R,P): how often each photo is taken.
    """
    total = np.zeros(len(counts))
    for start in range(0, len(x), _ROWS):
        rows = slice(start, start + _ROWS)
        apart = _kernel(x[rows], x) + _kernel(y[rows], y) - _kernel(x[rows], y) - _kernel(y[rows], x)
        # Two pictures of one photo are never compared. They are alike whatever their colours are, and a
        # bootstrap that takes a photo twice would count it as two that agree.
        apart[np.arange(len(apart)), np.arange(start, start + len(apart))] = 0.0
        total += ((counts[:, rows] @ apart) * counts).sum(1)
    pairs = counts.sum(1) ** 2 - np.square(counts).sum(1)
    return np.asarray(np.divide(total, pairs, out=np.full_like(total, np.nan), where=pairs > 0))


def _kernel(x: Floats, y: Floats) -> Floats:
    return np.asarray((x @ y.T / x.shape[1] + 1.0) ** 3)
