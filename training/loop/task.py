"""What a stage of training brings to the loop."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from colorize_cli.model.networks.layout import Module

from ..data.batches import Batch
from .draw import Draw


class Task(Protocol[Module]):
    """What a stage adds to the loop."""

    name: str
    module: Module  # everything that is trained
    side: int  # of the colour field it wants
    needs_features: bool
    score: str  # the figure of `validate` that tells which weights are best; less is better

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """The loss to minimise and figures for the log."""
        ...

    def validate(self, module: Module) -> dict[str, float]:
        """Figures on the held-out photos with the given (averaged) weights."""
        ...
