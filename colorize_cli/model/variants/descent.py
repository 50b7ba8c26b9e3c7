"""The least of a smooth cost by L-BFGS (Nocedal 1980) with backtracking.

Not torch.optim's: to make one imports torch's compiler, 2.2 seconds in every process. Cost of hints after
(seconds for five variants, one core; torch.optim), with 1 / 3 / 10 hints, from 45 / 134 / 466:
    L-BFGS, 20 evaluations     4.7 (1.8) / 10.6 (1.8) / 88 (1.6)
    Gauss-Newton, 4 steps      4.5 (0.5) / 10.7 (1.0) / 91 (2.5), a backward pass for each row
    Adam, 40 steps             4.8 (2.1) / 10.9 (2.1) / 91 (1.9)
Palettes have no rows, and need what works with any cost.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_EVALUATIONS = 20
_MEMORY = 10
_ENOUGH = 1e-3  # a step that gains less is the last
_SUFFICIENT = 1e-4  # share of the slope's promise that a step must keep (Armijo)

Pairs = deque[tuple[Tensor, Tensor]]  # of steps, and of what they changed in the slope


@dataclass(frozen=True)
class _Place:
    at: Tensor
    value: float
    slope: Tensor


def least(cost: Callable[[Tensor], Tensor], start: Tensor, evaluations: int = _EVALUATIONS) -> Tensor:
    """Where `cost` is lowest near `start`, in at most so many evaluations; never worse than `start`."""
    here, used = _look(cost, start), 1
    pairs: Pairs = deque(maxlen=_MEMORY)
    while used < evaluations and math.isfinite(here.value):
        way = -_curved(here.slope, pairs)
        # Nothing is known of the curvature yet: by one standard deviation.
        length = 1.0 if pairs else 1.0 / max(1.0, float(here.slope.norm()))
        found, tried = _along(cost, here, way, length, evaluations - used)
        used += tried
        if found is None:
            break
        step, change = found.at - here.at, found.slope - here.slope
        if float((step * change).sum()) > 0:
            pairs.append((step, change))
        gain, here = here.value - found.value, found
        if gain < _ENOUGH:
            break
    return here.at


def _look(cost: Callable[[Tensor], Tensor], at: Tensor) -> _Place:
    at = at.detach().clone().requires_grad_()
    with torch.enable_grad():
        value = cost(at)
        # Not backward(): the weights are no one's to train here, and shared between threads.
        (slope,) = torch.autograd.grad(value, at)
    return _Place(at.detach(), value.item(), slope)


def _along(
    cost: Callable[[Tensor], Tensor], here: _Place, way: Tensor, length: float, evaluations: int
) -> tuple[_Place | None, int]:
    """The first place on the way that is low enough, None if there is none; and evaluations used."""
    promise = float((way * here.slope).sum())
    for tried in range(1, evaluations + 1):
        found = _look(cost, here.at + length * way)
        if found.value <= here.value + _SUFFICIENT * length * promise:
            return found, tried
        # The least of the parabola through what is known, but not too near either end.
        rise = found.value - here.value - length * promise
        best = -promise * length / (2 * rise) if math.isfinite(rise) and rise > 0 else 0.0
        length *= min(0.5, max(0.1, best))
    return None, evaluations


def _curved(slope: Tensor, pairs: Pairs) -> Tensor:
    """The slope times the inverse of the curvature, so far as the pairs say it (two-loop recursion)."""
    way, shares = slope.clone(), []
    for step, change in reversed(pairs):
        share = (step * way).sum() / (step * change).sum()
        way = way - share * change
        shares.append(share)
    if pairs:
        step, change = pairs[-1]
        way = way * (step * change).sum() / change.square().sum()
    for (step, change), share in zip(pairs, reversed(shares), strict=True):
        way = way + step * (share - (change * way).sum() / (step * change).sum())
    return way
