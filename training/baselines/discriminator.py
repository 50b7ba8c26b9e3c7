"""The judge of a cGAN: are these colours those of this grey photo? (pix2pix, Isola et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F


class PatchDiscriminator(nn.Module):
    """Grey (B,1,f,f) in [-1,1] and colour field (B,2,f,f) -> logits of 34x34 patches (B,1,f/4-2,f/4-2).

    Instance norm stands for pix2pix's batch norm on batches of one; it has no state that a judgement
    could change.
    """

    def __init__(self, widths: tuple[int, int, int]) -> None:
        super().__init__()
        one, two, three = widths
        self.layers = nn.Sequential(
            nn.Conv2d(3, one, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(one, two, 4, 2, 1),
            nn.InstanceNorm2d(two),
            nn.LeakyReLU(0.2),
            nn.Conv2d(two, three, 4, 1, 1),
            nn.InstanceNorm2d(three),
            nn.LeakyReLU(0.2),
            nn.Conv2d(three, 1, 4, 1, 1),
        )

    def forward(self, grey: Tensor, field: Tensor) -> Tensor:
        """Positive logits say: real."""
        # ab / 128 of photographs has a standard deviation near 0.1: scaled to about one, like the grey.
        out: Tensor = self.layers(torch.cat([2.0 * grey, 8.0 * field], dim=1))
        return out


def judged_by_a_frozen(judge: nn.Module, grey: Tensor, field: Tensor) -> Tensor:
    """Logits whose gradient reaches `field` and no weight of the judge.

    So one backward pass, by one optimizer, teaches the generator to deceive and the judge not to be.
    """
    weights = {name: value.detach() for name, value in judge.named_parameters()}
    logits: Tensor = functional_call(judge, weights, (grey, field))
    return logits


def real(logits: Tensor) -> Tensor:
    """Cross entropy of calling these real."""
    return F.softplus(-logits).mean()


def fake(logits: Tensor) -> Tensor:
    """Cross entropy of calling these made up."""
    return F.softplus(logits).mean()
