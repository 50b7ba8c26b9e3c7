"""The losses of the paper (sec. 3.1, eqs 1-4) on colour fields ab / 128 of shape (B,2,64,64).

`hist` and `gradient` are norms, not their squares, as in the reference code: with weights that reach
tens of thousands the square of one rare pixel would outweigh a batch.
"""

from __future__ import annotations

from torch import Tensor

from ..data.statistics import FieldStatistics, bin_of


def _norm(error: Tensor) -> Tensor:
    # The small constant keeps the slope of the root finite where nothing is wrong.
    return (error.flatten(1).square().sum(1) + 1e-12).sqrt()


def l2(prediction: Tensor, truth: Tensor) -> Tensor:
    """Norm of the error of each field, mean over the batch."""
    return _norm(prediction - truth).mean()


def hist(prediction: Tensor, truth: Tensor, prior: Tensor) -> Tensor:
    """L_hist: norm of the error, each pixel weighted by the raw 1/H of its true bin; prior H (Q,)."""
    weight = 1.0 / prior.to(truth.device)[bin_of(truth)][:, None]
    return _norm((prediction - truth) * weight.sqrt()).mean()


def mahalanobis(prediction: Tensor, truth: Tensor, statistics: FieldStatistics) -> Tensor:
    """L_mah: squared error along each principal component over its variance, the rest over the last one's."""
    error = (prediction - truth).flatten(1)
    along = error @ statistics.components.to(error.device).T
    rest = error.square().sum(1) - along.square().sum(1)
    variance = statistics.variance.to(error.device)
    return ((along.square() / variance).sum(1) + rest / variance[-1]).mean()


def gradient(prediction: Tensor, truth: Tensor) -> Tensor:
    """L_grad: norms of the horizontal and the vertical differences of the error, added."""
    error = prediction - truth
    return (_norm(error.diff(dim=3)) + _norm(error.diff(dim=2))).mean()
