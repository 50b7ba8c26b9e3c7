"""The mixture density network: grey features -> P(z|G) (paper, sec. 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import Mixture, mixture_of


class _MDN(nn.Module):
    """What both have: maps of strides 16 and 32 at stride 32, and `inputs` numbers of them -> a mixture.

    Every layer is normalised: features have standard deviations of 3 to 7, and without norms all hidden
    units were dead after some hours of training, the mixture the same for every photo (docs/history.md).
    """

    def __init__(self, config: ModelConfig, inputs: int, pools: int = 0) -> None:
        super().__init__()
        *_, stride16, stride32 = config.features
        narrow, hidden = config.mdn_widths
        self.components, self.z_dim, self.variance = config.components, config.z_dim, config.mdn_variance
        self.fine = nn.Sequential(
            nn.Conv2d(stride16, narrow, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(narrow)
        )
        self.coarse = nn.Sequential(nn.Conv2d(stride32, narrow, 1, bias=False), nn.BatchNorm2d(narrow))
        if pools:  # here, as the order of layers decides what random numbers each starts from
            self.attention = nn.Conv2d(2 * narrow, pools, 1)
        self.hidden = nn.Linear(inputs, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(config.mdn_dropout)
        self.head = nn.Linear(hidden, _outputs(config))

    def _maps(self, features: tuple[Tensor, ...]) -> Tensor:
        return F.silu(torch.cat([self.fine(features[-2]), self.coarse(features[-1])], dim=1))

    def _mixture(self, flat: Tensor) -> Mixture:
        hidden = self.dropout(F.silu(self.norm(self.hidden(flat))))
        return mixture_of(self.head(hidden), self.components, self.z_dim, self.variance)


class ColorMDN(_MDN):
    """Features at strides 16 and 32 -> a mixture of `components` diagonal Gaussians over z."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config, 2 * config.mdn_widths[0] * ((config.view // 32) ** 2 + 1))

    def forward(self, features: tuple[Tensor, ...]) -> Mixture:
        """The mixture of each photo."""
        maps = self._maps(features)
        # The means are left whole: what is in the photo counts more than where it is.
        return self._mixture(torch.cat([self.dropout(maps.flatten(1)), maps.mean(dim=(2, 3))], dim=1))


class PooledMDN(_MDN):
    """The same for architecture grid: attention gathers what is in the photo, wherever it is."""

    def __init__(self, config: ModelConfig) -> None:
        pools = config.mdn_pools
        super().__init__(config, 2 * config.mdn_widths[0] * (pools + 1), pools)
        # Components that do not start apart all learn the same.
        nn.init.normal_(self.head.bias[config.components :][: config.components * config.z_dim])

    def forward(self, features: tuple[Tensor, ...]) -> Mixture:
        """The mixture of each photo."""
        maps = self._maps(features)
        share = self.attention(maps).flatten(2).softmax(-1)  # (B,pools,places)
        pooled = share @ maps.flatten(2).transpose(1, 2)
        flat = torch.cat([pooled.flatten(1), maps.mean(dim=(2, 3))], dim=1)
        return self._mixture(self.dropout(flat))


def _outputs(config: ModelConfig) -> int:
    """Of the last layer: a logit and a mean for each component, and its deviations if they are learned."""
    return config.components * (1 + config.z_dim * (1 if config.mdn_variance else 2))
