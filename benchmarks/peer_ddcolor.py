"""The network of DDColor-tiny with random weights: its work and its time, not its colours.

Written after the papers and what is known of the code, none of it copied: DDColor (arXiv 2212.11613), whose
encoder is ConvNeXt-T (2201.03545) and whose colour decoder is like that of Mask2Former (2112.01527). Assumed,
and held against the 55.0 million parameters that are said of it:

- pictures of 512 x 512, the default of its scripts, grey as RGB; the head of ConvNeXt is cut off, and each
  of its four stages ends in a LayerNorm;
- the pixel decoder doubles the sides three times, to 512, 512 and 256 channels, each time joined with the
  encoder's features by a 3x3 convolution, and enlarges the last, 256 channels, four times at once; all by
  pixel shuffle with a blur, as in DeOldify;
- a convolution there is followed by ReLU and then batch norm, which therefore cannot be folded into it;
- the colour decoder has 100 queries of 256 channels and looks at the three coarser scales in turn, three
  times: cross-attention, self-attention, an MLP of 2048; eight heads, norm after each, positions as sines;
- each query's product with the features of full size is a map; a 1x1 convolution makes ab of these 100 and
  the picture;
- spectral and weight norm are gone: at inference they are a division of each weight, made beforehand.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from peer_deoldify import Upsampling, convolution
from torch import Tensor, nn

SIDE = 512
PUBLISHED = 55.0e6  # parameters
WIDTHS, DEPTHS = (96, 192, 384, 768), (3, 3, 9, 3)
QUERIES, CHANNELS, HEADS, HIDDEN, BLOCKS = 100, 256, 8, 2048, 9


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (B,C,h,w)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    """7x7 depthwise, LayerNorm, an MLP of four times the channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width, eps=1e-6),
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Linear(4 * width, width),
        )
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.mlp(self.depthwise(x).permute(0, 2, 3, 1)) * self.scale
        return x + y.permute(0, 3, 1, 2)


class ConvNeXtTiny(nn.Module):
    """(B,3,h,w) -> features of 96, 192, 384 and 768 channels at 1/4 to 1/32 of the sides."""

    def __init__(self) -> None:
        super().__init__()
        self.stages, self.norms = nn.ModuleList(), nn.ModuleList()
        for i, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
            down = [ChannelNorm(WIDTHS[i - 1]), nn.Conv2d(WIDTHS[i - 1], width, 2, 2)]
            stem = [nn.Conv2d(3, width, 4, 4), ChannelNorm(width)]
            blocks = [ConvNeXtBlock(width) for _ in range(depth)]
            self.stages.append(nn.Sequential(*(down if i else stem), *blocks))
            self.norms.append(ChannelNorm(width))

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for stage, norm in zip(self.stages, self.norms, strict=True):
            x = stage(x)
            features.append(norm(x))
        return features


class Joining(nn.Module):
    """A stage of the pixel decoder: features from below and the encoder's of twice the sides."""

    def __init__(self, given: int, joined: int, made: int) -> None:
        super().__init__()
        self.up, self.norm = Upsampling(given, made), nn.BatchNorm2d(joined)
        self.conv = convolution(made + joined, made)

    def forward(self, x: Tensor, encoded: Tensor) -> Tensor:
        return self.conv(F.relu(torch.cat([self.up(x), self.norm(encoded)], dim=1)))


class ColourBlock(nn.Module):
    """The queries look at one scale, then at each other, then think."""

    def __init__(self) -> None:
        super().__init__()
        self.cross, self.own = (nn.MultiheadAttention(CHANNELS, HEADS, batch_first=True) for _ in range(2))
        self.mlp = nn.Sequential(nn.Linear(CHANNELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CHANNELS))
        self.norms = nn.ModuleList(nn.LayerNorm(CHANNELS) for _ in range(3))

    def forward(self, colours: Tensor, names: Tensor, scale: Tensor, places: Tensor) -> Tensor:
        seen, _ = self.cross(colours + names, scale + places, scale, need_weights=False)
        colours = self.norms[0](colours + seen)
        named = colours + names
        seen, _ = self.own(named, named, colours, need_weights=False)
        colours = self.norms[1](colours + seen)
        return self.norms[2](colours + self.mlp(colours))


def sines(height: int, width: int, like: Tensor) -> Tensor:
    """(1,h*w,C): half of the channels tell the row, half the column."""
    rates = 10000 ** -(torch.arange(0, CHANNELS // 2, 2).to(like) / (CHANNELS // 2))
    rows, columns = (torch.linspace(0, 2 * torch.pi, n).to(like)[:, None] * rates for n in (height, width))
    rows, columns = (torch.cat([x.sin(), x.cos()], dim=1) for x in (rows, columns))
    both = [rows[:, None].expand(-1, width, -1), columns[None].expand(height, -1, -1)]
    return torch.cat(both, dim=2).flatten(0, 1)[None]


class ColourDecoder(nn.Module):
    """Features of three scales -> a vector for each query, (B,100,256)."""

    def __init__(self, scales: tuple[int, ...]) -> None:
        super().__init__()
        self.inputs = nn.ModuleList(
            nn.Identity() if channels == CHANNELS else nn.Conv2d(channels, CHANNELS, 1) for channels in scales
        )
        self.colours, self.names = (nn.Parameter(torch.randn(1, QUERIES, CHANNELS)) for _ in range(2))
        self.levels = nn.Parameter(torch.randn(len(scales), CHANNELS))
        self.blocks = nn.ModuleList(ColourBlock() for _ in range(BLOCKS))
        wide = [layer for _ in range(2) for layer in (nn.Linear(CHANNELS, CHANNELS), nn.ReLU())]
        self.out = nn.Sequential(nn.LayerNorm(CHANNELS), *wide, nn.Linear(CHANNELS, CHANNELS))

    def forward(self, scales: list[Tensor]) -> Tensor:
        flat = [
            (conv(x).flatten(2).transpose(1, 2) + level, sines(*x.shape[2:], like=x))
            for conv, x, level in zip(self.inputs, scales, self.levels, strict=True)
        ]
        colours, names = (x.expand(len(scales[0]), -1, -1) for x in (self.colours, self.names))
        for i, block in enumerate(self.blocks):
            colours = block(colours, names, *flat[i % len(flat)])
        return self.out(colours)


class DDColorTiny(nn.Module):
    """Grey as RGB (B,3,h,w), sides multiples of 32 -> ab (B,2,h,w)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, made = ConvNeXtTiny(), (512, 512, 256)
        given = (WIDTHS[-1], *made)
        self.stages = nn.ModuleList(Joining(given[i], WIDTHS[2 - i], made[i]) for i in range(3))
        self.last = Upsampling(CHANNELS, CHANNELS, scale=4, norm=False)
        self.colours = ColourDecoder(made)
        self.ab = nn.Conv2d(QUERIES + 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        *encoded, y = self.encoder(x)
        scales = []
        for stage, features in zip(self.stages, reversed(encoded), strict=True):
            y = stage(y, features)
            scales.append(y)
        maps = torch.einsum("bqc,bchw->bqhw", self.colours(scales), self.last(y))
        return self.ab(torch.cat([maps, x], dim=1))
