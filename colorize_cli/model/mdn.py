"""The mixture density network: grey features -> P(z|G) (paper, sec. 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import Mixture, mixture_of


class ColorMDN(nn.Module):
    """Features at strides 16 and 32 -> a mixture of `components` diagonal Gaussians over z."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        _, stride16, stride32 = config.features
        narrow, hidden = config.mdn_widths
        self.components, self.z_dim, self.variance = config.components, config.z_dim, config.mdn_variance
        self.fine = nn.Conv2d(stride16, narrow, 3, stride=2, padding=1)
        self.coarse = nn.Conv2d(stride32, narrow, 1)
        side = config.view // 32
        self.hidden = nn.Linear(2 * narrow * side * side + stride32, hidden)
        self.dropout = nn.Dropout(config.mdn_dropout)
        self.head = nn.Linear(hidden, self.components * (1 + self.z_dim * (1 if self.variance else 2)))

    def forward(self, features: tuple[Tensor, ...]) -> Mixture:
        """The mixture of each photo."""
        _, stride16, stride32 = features
        maps = torch.cat([self.fine(stride16), self.coarse(stride32)], dim=1)
        pooled = stride32.mean(dim=(2, 3))
        hidden = F.relu(self.hidden(torch.cat([F.relu(maps).flatten(1), pooled], dim=1)))
        return mixture_of(self.head(self.dropout(hidden)), self.components, self.z_dim, self.variance)
