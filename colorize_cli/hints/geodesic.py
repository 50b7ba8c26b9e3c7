"""Distances along the surface of a picture: short within a thing, long across its edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_ROUNDS = 4  # of sweeps in all four directions; paths that turn more often are rare and end long


def geodesic(light: Floats, seeds: NDArray[np.bool_], across: float, down: float) -> Floats:
    """(h,w) lightness and (K,h,w) places -> (K,h,w) the length of the shortest path from each place.

    across, down: length of a step by a column and by a row; a difference of lightness of 1 is as long as
    a length of 1. Steps go to all eight neighbours.
    """
    distance = np.where(seeds, np.float32(0), np.float32(np.inf))
    turned = np.swapaxes(distance, 1, 2)
    # Downwards, upwards, and the same to the right and left: views of the same distances.
    planes = [distance, distance[:, ::-1], turned, turned[:, ::-1]]
    costs = [_costs(light, down, across), _costs(light[::-1], down, across)]
    costs += [_costs(light.T, across, down), _costs(light.T[::-1], across, down)]
    for _ in range(_ROUNDS):
        before = distance.copy()
        for plane, cost in zip(planes, costs, strict=True):
            _sweep(plane, cost)
        if np.array_equal(before, distance):
            break
    return distance


def _costs(light: Floats, forth: float, aside: float) -> Floats:
    """(3,h-1,w) length of the steps to each row from the one before: from left, middle and right."""
    wide = np.pad(light, ((0, 0), (1, 1)), mode="edge")
    steps = []
    for shift in (-1, 0, 1):
        above = wide[:-1, 1 + shift : 1 + shift + light.shape[1]]
        length = forth**2 + (aside * shift) ** 2
        steps.append(np.sqrt(length + (light[1:] - above) ** 2))
    return np.asarray(steps, dtype=np.float32)


def _sweep(distance: Floats, costs: Floats) -> None:
    """From the first row to the last, in place."""
    for row in range(1, distance.shape[1]):
        above = np.pad(distance[:, row - 1], ((0, 0), (1, 1)), constant_values=np.inf)
        here, cost = distance[:, row], costs[:, row - 1]
        for i in range(3):
            np.minimum(here, above[:, i : i + here.shape[1]] + cost[i], out=here)
