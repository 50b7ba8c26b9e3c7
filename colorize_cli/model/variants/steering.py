"""Steering: codes that are moved so that places take given colours and the rest stays likely.

With u the way from a variant's own code, in standard deviations of its component in each dimension, the
least is sought of |u|² (twice the -log prior along that way) + what the wishes cost. Beginning and prior
at the own code, noise included, keep the variants apart: in a linear model that draws from the posterior.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_cli.model.variants.descent import least

# Standard deviation in ab of what a code cannot say about a place.
_SPOT_SIGMA = 8.0
# A colour that is farther than this in ab from what the network draws is no news about the whole picture:
# the cost grows no more.
_SURPRISE = 15.0
_POINTS = 24  # of a spot

Decode = Callable[[Tensor], Tensor]  # codes (n,d) -> fields (n,2,f,g) in CIELAB units, differentiable


@dataclass(frozen=True, slots=True)
class Spot:
    """An ellipse of the model's view and the mean colour it is to have.

    x, y, rx, ry: fractions of the view's width and height; a, b: CIELAB units.
    """

    x: float
    y: float
    rx: float
    ry: float
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of one photo's colours: spots, and a palette of (a, b) with its strength."""

    spots: tuple[Spot, ...] = ()
    palette: tuple[tuple[float, float], ...] = ()
    strength: float = 1.0

    def __bool__(self) -> bool:
        return bool(self.spots or (self.palette and self.strength > 0))


def steered(codes: Tensor, spread: Tensor, decode: Decode, wish: Wish) -> Tensor:
    """A photo's codes (n,d), the standard deviations of their components (n,d) -> the codes steered, (n,d).

    Each variant by itself, so that none depends on how many there are. Needs gradients of `decode`.
    """
    return torch.cat([_one(codes[i : i + 1], spread[i : i + 1], decode, wish) for i in range(len(codes))])


def _one(code: Tensor, spread: Tensor, decode: Decode, wish: Wish) -> Tensor:
    with torch.no_grad():
        own = decode(code)
    costs = [_spot_cost(wish.spots, own)] if wish.spots else []
    if wish.palette and wish.strength > 0:
        costs.append(_palette_cost(wish.palette, wish.strength, own))

    def cost(u: Tensor) -> Tensor:
        field = decode(code + spread * u)
        return u.square().sum() + torch.stack([part(field) for part in costs]).sum()

    return code + spread * least(cost, torch.zeros_like(code))


def points_of(spot: Spot) -> NDArray[np.float64]:
    """(24,2) x and y of points that cover a spot evenly, inside the view."""
    # A spiral of the golden angle does so with any number of points.
    index = np.arange(_POINTS) + 0.5
    radius, angle = np.sqrt(index / _POINTS), index * (math.pi * (3 - math.sqrt(5)))
    x, y = spot.x + spot.rx * radius * np.cos(angle), spot.y + spot.ry * radius * np.sin(angle)
    return np.stack([x, y], axis=1).clip(0, 1)


def spot_weights(spots: Sequence[Spot], height: int, width: int) -> Tensor:
    """(K,height,width) each spot's share in the cells of a field, bilinear, summing to 1."""
    weights = np.zeros((len(spots), height, width), dtype=np.float32)
    for weight, spot in zip(weights, spots, strict=True):
        x, y = points_of(spot).T * [[width], [height]] - 0.5
        for row, down in _neighbours(y, height):
            for column, across in _neighbours(x, width):
                np.add.at(weight, (row, column), down * across / _POINTS)
    return torch.from_numpy(weights)


def _neighbours(place: NDArray[np.float64], side: int) -> list[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """The two cells around each place on an axis, and its share in them."""
    low = np.floor(place)
    index, share = low.astype(np.intp), place - low
    return [(index.clip(0, side - 1), 1 - share), ((index + 1).clip(0, side - 1), share)]


def _spot_cost(spots: Sequence[Spot], own: Tensor) -> Callable[[Tensor], Tensor]:
    weights = spot_weights(spots, *own.shape[-2:]).to(own)
    wanted = torch.tensor([[spot.a, spot.b] for spot in spots]).to(own)

    def cost(field: Tensor) -> Tensor:
        there = torch.einsum("kyx,cyx->kc", weights, field[0])
        squared = (there - wanted).square().sum(1)
        total: Tensor = (squared / (1 + squared / _SURPRISE**2)).sum()
        return total / _SPOT_SIGMA**2

    return cost


# Distance in ab at which a cell still takes a colour of the palette by 0.6 of the way; the standard deviation
# of cells around what they are to take; as how many that know nothing of each other all cells count.
_NEAR, _CELL_SIGMA, _CELLS = 20.0, 5.0, 20.0


def _palette_cost(
    palette: Sequence[tuple[float, float]], strength: float, own: Tensor
) -> Callable[[Tensor], Tensor]:
    """Cells near a colour of the palette are to take it, the others to stay: weighted by their chroma.

    Without the second half pictures became tints: one code for a whole picture finds it easiest to bring
    all cells near the same colour.
    """
    cells = own[0].flatten(1).T
    colours = torch.tensor(palette).to(own)
    away = colours - cells[:, None]
    nearest = away.square().sum(-1).argmin(1)
    way = away[torch.arange(len(cells), device=own.device), nearest]
    wanted = cells + torch.exp(-0.5 * way.square().sum(1, keepdim=True) / _NEAR**2) * way
    chroma = cells.norm(dim=1)
    weights = strength * _CELLS * chroma / chroma.sum().clamp(min=1e-6)

    def cost(field: Tensor) -> Tensor:
        squared = (field[0].flatten(1).T - wanted).square().sum(1)
        total: Tensor = (weights * squared).sum()
        return total / _CELL_SIGMA**2

    return cost
