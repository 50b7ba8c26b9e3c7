"""A small network that is asked whether colours are those of a true photo; it teaches the joint stage.

What was tried on the shipped network (docs/results.md, looked at on data/old_bw): with pix2pix's instance
norm it was deceived by streaks of wild colour near the lower edge, which make the rest look rich under the
norm, as the droplets of StyleGAN 1 did; without a norm its gradients grew without bound. Hence spectral norm.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

_WIDTHS = (48, 96, 160)
# Around the picture, mirrored, so that its edges are looked at as often as its middle.
_MARGIN = 8


class Judge(nn.Module):
    """Grey (B,1,f,f) in [-0.5,0.5] and colour field (B,2,f,f) -> logits (B,1,h,w), one for each patch."""

    def __init__(self) -> None:
        super().__init__()
        one, two, three = _WIDTHS
        self.layers = nn.Sequential(
            spectral_norm(nn.Conv2d(3, one, 4, 2)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(one, two, 4, 2)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(two, three, 3)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(three, 1, 3)),
        )

    def forward(self, grey: Tensor, field: Tensor) -> Tensor:
        """Positive logits say: true."""
        # ab / 128 of photographs has a standard deviation near 0.1: scaled to about one, like the grey.
        seen = torch.cat([2.0 * grey, 8.0 * field], dim=1)
        out: Tensor = self.layers(F.pad(seen, [_MARGIN] * 4, mode="reflect"))
        return out
