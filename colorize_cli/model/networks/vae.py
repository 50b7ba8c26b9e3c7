"""The VAE: an embedding z of colour fields, decoded over the features of a grey photo (paper, sec. 3).

Colour fields are ab / 128, channels (a, b).
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorize_cli.model.config import ModelConfig

AB_SCALE = 128.0  # CIELAB units per unit of a colour field
# Of activations at the finest level, as in ReLU6: without it a corner cell ran away to 950 in some photos,
# where nine photos out of ten stay near or below 6, and showed as a blotch.
_LIMIT = 6.0


class ColorEncoder(nn.Module):
    """(B,2,f,f) colour field -> mu, log_var of Q(z|C), each (B,d); it sees colour only, as in the paper."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 2
        for width in config.encoder_widths:
            layers += [
                nn.Conv2d(inputs, width, 5, 2, 2, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            inputs = width
        side = config.field // 2 ** len(config.encoder_widths)
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Linear(inputs * side * side, 2 * config.z_dim)

    def forward(self, field: Tensor) -> tuple[Tensor, Tensor]:
        """mu and log_var, the latter bounded so that an outlier cannot overflow exp()."""
        # ab / 128 of photographs has a standard deviation near 0.1: scaled to about one.
        mu, log_var = self.head(self.layers(field * 8.0)).chunk(2, dim=1)
        return mu, log_var.clamp(-10.0, 4.0)


def reparameterize(mu: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
    """z = mu + noise * sigma: a draw from N(mu, exp(log_var)) for standard normal noise."""
    return mu + noise.to(mu) * torch.exp(0.5 * log_var)


class ModulatedConv(nn.Module):
    """3x3 convolution, batch norm, then a scale and shift per channel that come from the code."""

    def __init__(self, channels: int, code: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm: nn.BatchNorm2d | nn.Identity = nn.BatchNorm2d(channels)
        self.modulation = nn.Linear(code, 2 * channels)
        nn.init.normal_(self.modulation.weight, std=0.02)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """x (B,C,h,w) and code (B,c) -> (B,C,h,w), a residual step."""
        scale, shift = self.modulation(code)[:, :, None, None].chunk(2, dim=1)
        return x + F.relu(torch.addcmul(shift, self.norm(self.conv(x)), 1.0 + scale), inplace=True)


class ColorDecoder(nn.Module):
    """z and grey features -> colour field; its end is linear.

    With the paper's tanh, corner cells got stuck at +-1 in one photo out of ten: where tanh is flat
    no gradient tells the network that it is wrong.

    `skips` depends on the photo alone and is computed once; `forward` runs once per code.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = config.decoder_widths
        stride8, stride16, stride32 = config.features
        # 16 channels at the finest level: the grey picture itself, 4x4 pixels to a cell.
        sources = (stride32, stride16, stride8, 16)
        self.laterals = nn.ModuleList(nn.Conv2d(c, w, 1) for c, w in zip(sources, widths, strict=True))
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in itertools.pairwise(widths))
        code = 2 * config.z_dim
        self.code = nn.Sequential(nn.Linear(config.z_dim, code), nn.ReLU(), nn.Linear(code, code), nn.ReLU())
        self.gate = nn.Linear(code, widths[0])
        self.blocks = nn.ModuleList(
            nn.ModuleList(ModulatedConv(width, code) for _ in range(2)) for width in widths
        )
        self.head = nn.Conv2d(widths[-1], 2, 1)

    def skips(self, grey: Tensor, features: tuple[Tensor, ...]) -> list[Tensor]:
        """Grey (B,1,v,v) in [0,1] and its features -> the decoder's inputs, coarsest first."""
        sources = (*reversed(features), F.pixel_unshuffle(grey - 0.5, 4))
        return [lateral(x) for lateral, x in zip(self.laterals, sources, strict=True)]

    def coarse(self, skips: list[Tensor], level: int) -> list[Tensor]:
        """Skips with nothing finer than those of a level, 0 the coarsest: for a quick look at codes."""
        side = skips[level].shape[-1]
        maps = skips[: level + 1] + [F.adaptive_avg_pool2d(skip, side) for skip in skips[level + 1 :]]
        return [skip.contiguous(memory_format=torch.channels_last) for skip in maps]

    def forward(self, z: Tensor, skips: list[Tensor]) -> Tensor:
        """z (B,d) and skips of B photos -> colour fields (B,2,f,f), ab / 128, f that of the last skip."""
        code = self.code(z)
        # The product of z with the coarsest grey map is how the paper joins the two (sec. 6.1).
        x = skips[0] * (1.0 + self.gate(code)[:, :, None, None])
        for level, blocks in enumerate(self.blocks):
            if level > 0:
                size = skips[level].shape[2:]
                x = F.interpolate(self.narrow[level - 1](x), size=size, mode="bilinear")
                x = self._bounded(F.relu(x + skips[level]), level)
            for block in blocks:  # type: ignore[attr-defined]
                x = self._bounded(block(x, code), level)
        out: Tensor = self.head(x)
        return out

    def _bounded(self, x: Tensor, level: int) -> Tensor:
        return x.clamp(max=_LIMIT) if level == len(self.blocks) - 1 else x
