"""The networks of the paper (Deshpande et al. 2017, sec. 6.1 and 6.2), for presets `paper` and `paper-small`.

Colour fields are ab / 128 at 64x64, grey pictures are brought to 64x64 and to [-1,1]. Batch norm stands
after the activation and there is none before the final tanh, as the paper writes; its code has one there.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import Mixture, mixture_of

_KERNELS = (5, 5, 5, 4)  # of the four strided convolutions
_MAP = 4  # side of the coarsest map
_GREY_CODE = 64  # channels of the grey encoder's coarsest map, which z multiplies
_KEEP = 0.7  # of the dropout before a fully connected layer


def _same(kernel: int, stride: int) -> nn.Module:
    """Zero padding for an output of input/stride, the odd pixel at the bottom and the right."""
    total = max(kernel - stride, 0)
    return nn.ZeroPad2d((total // 2, total - total // 2, total // 2, total - total // 2))


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """C_relu(kernel, stride, outputs) + B of the paper's notation."""
    return nn.Sequential(
        _same(kernel, stride),
        nn.Conv2d(inputs, outputs, kernel, stride),
        nn.ReLU(),
        nn.BatchNorm2d(outputs),
    )


def _pyramid(inputs: int, widths: tuple[int, ...]) -> nn.ModuleList:
    pairs = itertools.pairwise((inputs, *widths))
    return nn.ModuleList(_conv(a, b, kernel, 2) for (a, b), kernel in zip(pairs, _KERNELS, strict=True))


class PaperEncoder(nn.Module):
    """(B,2,64,64) colour field -> mu, log_var of Q(z|C), each (B,d); 3 `inputs` add the grey picture."""

    def __init__(self, config: ModelConfig, inputs: int = 2) -> None:
        super().__init__()
        self.layers = _pyramid(inputs, config.encoder_widths)
        self.dropout = nn.Dropout(1.0 - _KEEP)
        self.head = nn.Linear(config.encoder_widths[-1] * _MAP**2, 2 * config.z_dim)

    def forward(self, field: Tensor) -> tuple[Tensor, Tensor]:
        """mu and log_var, the latter bounded so that an outlier cannot overflow exp()."""
        for layer in self.layers:
            field = layer(field)
        mu, log_var = self.head(self.dropout(field.flatten(1))).chunk(2, dim=1)
        return mu, log_var.clamp(-10.0, 4.0)


def small_grey(grey: Tensor, side: int) -> Tensor:
    """Grey view (B,1,v,v) in [0,1] -> (B,1,side,side) in [-1,1], antialiased."""
    # A triangle over 2.5 pixels a side for 160 -> 64; adaptive pooling would let windows overlap unevenly.
    small = F.interpolate(grey, size=(side, side), mode="bilinear", antialias=True)
    return 2.0 * small - 1.0


class PaperDecoder(nn.Module):
    """z -> colour field, alone ("paper") or over a grey encoder's maps ("paper-skip").

    The reference code's decoder "without skips" is fed differences of the grey picture; this one
    sees z only, as the paper says. Both have the interface of `ColorDecoder`.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = config.decoder_widths
        self.side = config.field
        self.grey: nn.ModuleList | None = None
        extra = (0, 0, 0)
        if config.architecture == "paper-skip":
            if config.z_dim != _GREY_CODE:
                raise ValueError(f"z must have {_GREY_CODE} dimensions to multiply the grey map")
            grey_widths = config.encoder_widths[:3]
            self.grey = _pyramid(1, (*grey_widths, _GREY_CODE))
            extra = (grey_widths[2], grey_widths[1], grey_widths[0])
        self.first = _conv(config.z_dim, widths[0], 4)
        self.blocks = nn.ModuleList(
            _conv(a + skip, b, 5) for (a, b), skip in zip(itertools.pairwise(widths), extra, strict=True)
        )
        self.head = nn.Sequential(_same(5, 1), nn.Conv2d(widths[-1], 2, 5))

    def skips(self, grey: Tensor, features: tuple[Tensor, ...]) -> list[Tensor]:
        """The grey encoder's maps at 4x4, 8x8, 16x16 and 32x32; none without skips."""
        if self.grey is None:
            return []
        maps, x = [], small_grey(grey, self.side)
        for layer in self.grey:
            x = layer(x)
            maps.append(x)
        return maps[::-1]

    def coarse(self, skips: list[Tensor], level: int) -> list[Tensor]:
        """The skips as they are: its layers are of fixed sizes."""
        return skips

    def forward(self, z: Tensor, skips: list[Tensor]) -> Tensor:
        """z (B,64) and the skips of B photos -> (B,2,64,64) in (-1,1)."""
        x = z[:, :, None, None].expand(-1, -1, _MAP, _MAP)
        x = self.first(x * skips[0] if skips else x)
        for level, block in enumerate(self.blocks, start=1):
            x = F.interpolate(x, scale_factor=2, mode="bilinear")
            x = block(torch.cat([x, skips[level]], dim=1) if skips else x)
        return torch.tanh(self.head(F.interpolate(x, scale_factor=2, mode="bilinear")))


class PaperMDN(nn.Module):
    """Grey features -> a mixture over z, by the layers of the paper's section 6.2.

    The paper reads conv7 of Zhang et al.'s colorization network, 512 channels at 28x28, which cannot
    be had any more. This one reads the EfficientNet-Lite features of strides 16 and 32 side by side,
    432 channels at 10x10 for a view of 160, which lie as deep in their network.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        _, stride16, stride32 = config.features
        *convs, hidden = config.mdn_widths
        self.components, self.z_dim, self.variance = config.components, config.z_dim, config.mdn_variance
        strides = (1, 1, 1, 2, 1)
        pairs = itertools.pairwise((stride16 + stride32, *convs))
        self.convs = nn.Sequential(*(_conv(a, b, 5, s) for (a, b), s in zip(pairs, strides, strict=True)))
        side = -(-config.view // 16 // 2)
        outputs = self.components * (1 + self.z_dim * (1 if self.variance else 2))
        self.hidden = nn.Linear(convs[-1] * side * side, hidden)
        self.dropout = nn.Dropout(config.mdn_dropout)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, features: tuple[Tensor, ...]) -> Mixture:
        """The mixture of each photo."""
        _, stride16, stride32 = features
        deep = F.interpolate(stride32, size=stride16.shape[2:], mode="bilinear")
        x = self.convs(torch.cat([stride16, deep], dim=1)).flatten(1)
        hidden = torch.tanh(self.hidden(self.dropout(x)))
        return mixture_of(self.head(self.dropout(hidden)), self.components, self.z_dim, self.variance)
