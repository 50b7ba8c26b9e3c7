"""What a stage of training brings to the loop, and the random numbers that it is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from colorize_cli.model.networks.layout import Module


@dataclass(frozen=True)
class Draw:
    """Draws for photos `start` to `start + B` of the `total` photos of a step, as CPU tensors.

    Every process draws for all photos and keeps its own part, so that two processes with half the
    batch see the numbers that one with the whole batch sees.
    """

    generator: torch.Generator
    start: int
    total: int

    def normal(self, count: int, *shape: int) -> Tensor:
        """Standard normal noise for this process's `count` photos, (count, *shape)."""
        drawn = torch.randn(self.total, *shape, generator=self.generator)
        return drawn[self.start : self.start + count]

    def uniform(self, count: int, *shape: int) -> Tensor:
        """Uniform numbers in [0,1) for this process's `count` photos, (count, *shape)."""
        drawn = torch.rand(self.total, *shape, generator=self.generator)
        return drawn[self.start : self.start + count]


class Batches(Protocol):
    """Where the loop's batches come from; `CacheBatches` is one."""

    def __call__(self, size: int, seed: int, steps: range, *, share: slice, ahead: bool) -> Iterator[Any]:
        """This process's share of the batches of `steps`, the same for a seed; `ahead`: read in a thread."""
        ...


class Task(Protocol[Module]):
    """What a stage adds to the loop."""

    name: str
    module: Module  # everything that is trained
    score: str  # the figure of `validate` that tells which weights are best; less is better

    def loss(self, batch: Any, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """The loss to minimise and figures for the log."""
        ...

    def validate(self, module: Module) -> dict[str, float]:
        """Figures on the held-out photos with the given (averaged) weights."""
        ...
