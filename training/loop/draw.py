"""Random numbers of one training step, the same however many processes share the step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


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
