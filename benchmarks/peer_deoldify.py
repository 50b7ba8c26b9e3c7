"""The network of DeOldify "artistic" with random weights: its work and its time, not its colours.

Written after public descriptions, no code copied: the README of DeOldify (a U-Net of fastai over ResNet-34,
with self-attention and spectral norm) and the papers of its parts: ResNet (arXiv 1512.03385), pixel shuffle
with a blur after it (1707.02937, 1806.02658), self-attention (1805.08318). There is no paper of the whole.
Assumed, and held against the size of its published file, 255 MB of float32:

- the head of ResNet-34 is cut off; the U-Net joins its features at 1/2, 1/4, 1/8 and 1/16 of the sides;
- between the two are 3x3 convolutions to 1024 channels and back to 512;
- a block of the U-Net halves its channels while it doubles the sides, joins the encoder's, and has two 3x3
  convolutions of 1.5 times the channels joined; the last block's have 0.75 times;
- self-attention is in the second block, at 1/8 of the sides; queries and keys have an eighth of the channels;
- at full size the three channels of the picture are joined, and a residual block of two 3x3 convolutions
  follows;
- a convolution is followed by ReLU and then batch norm, which therefore cannot be folded into it;
- spectral norm is gone: at inference it is one division of each weight, made beforehand;
- a render factor of 35, the default of its notebooks: pictures of 560 x 560, 35 times 16.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, cat, full, nn

SIDE = 560
PUBLISHED = 255e6 / 4  # parameters: the bytes of its file by those of a float32
WIDER = 1.5  # "nf_factor" of the artistic weights


def convolution(given: int, made: int, size: int = 3, relu: bool = True, norm: bool = True) -> nn.Sequential:
    """A convolution that keeps the sides, ReLU, batch norm; a bias where there is no norm."""
    layers: list[nn.Module] = [nn.Conv2d(given, made, size, padding=size // 2, bias=not norm)]
    return nn.Sequential(*layers, *[nn.ReLU()] * relu, *[nn.BatchNorm2d(made)] * norm)


class Upsampling(nn.Module):
    """(B,given,h,w) -> (B,made,scale*h,scale*w): a 1x1 convolution, pixel shuffle, a blur of 2x2."""

    def __init__(self, given: int, made: int, scale: int = 2, norm: bool = True, blur: bool = True) -> None:
        super().__init__()
        self.widen = convolution(given, made * scale**2, 1, relu=False, norm=norm)
        self.scale, self.blur = scale, blur

    def forward(self, x: Tensor) -> Tensor:
        x = F.pixel_shuffle(F.relu(self.widen(x)), self.scale)
        return F.avg_pool2d(F.pad(x, (1, 0, 1, 0), "replicate"), 2, 1) if self.blur else x


class Residual(nn.Module):
    """The basic block of ResNet."""

    def __init__(self, given: int, made: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(given, made, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(made, made, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(made), nn.BatchNorm2d(made)])
        self.short = nn.Sequential()
        if stride != 1 or given != made:
            self.short = nn.Sequential(nn.Conv2d(given, made, 1, stride, bias=False), nn.BatchNorm2d(made))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norms[1](self.second(F.relu(self.norms[0](self.first(x)))))
        return F.relu(y + self.short(x))


class ResNet34(nn.Module):
    """(B,3,h,w) -> features of 64, 64, 128, 256 and 512 channels at 1/2 to 1/32 of the sides."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU())
        self.stages, given = nn.ModuleList(), 64
        for i, (made, depth) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
            blocks = [Residual(made if j else given, made, 1 if j or not i else 2) for j in range(depth)]
            self.stages.append(nn.Sequential(*blocks))
            given = made

    def forward(self, x: Tensor) -> list[Tensor]:
        features = [self.stem(x)]
        x = F.max_pool2d(features[0], 3, 2, 1)
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class SelfAttention(nn.Module):
    """Every place looks at every other one, as in SAGAN: no scaling, no biases."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = channels // 8
        self.query, self.key = (nn.Conv1d(channels, narrow, 1, bias=False) for _ in range(2))
        self.value = nn.Conv1d(channels, channels, 1, bias=False)
        self.share = nn.Parameter(full((1,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        weights = (self.query(flat).transpose(1, 2) @ self.key(flat)).softmax(dim=2)
        seen = self.value(flat) @ weights.transpose(1, 2)
        return x + self.share * seen.view_as(x)


class Block(nn.Module):
    """A block of the U-Net: features from below and the encoder's of twice the sides -> `made` channels."""

    def __init__(self, given: int, joined: int, last: bool, attention: bool) -> None:
        super().__init__()
        self.up = Upsampling(given, given // 2)
        self.norm = nn.BatchNorm2d(joined)
        both = given // 2 + joined
        self.made = int((both // 2 if last else both) * WIDER)
        self.first, self.second = convolution(both, self.made), convolution(self.made, self.made)
        self.attention = SelfAttention(self.made) if attention else nn.Identity()

    def forward(self, x: Tensor, encoded: Tensor) -> Tensor:
        up = self.up(x)
        if up.shape[2:] != encoded.shape[2:]:  # 35 is no multiple of 2
            up = F.interpolate(up, encoded.shape[2:], mode="nearest")
        x = F.relu(cat([up, self.norm(encoded)], dim=1))
        return self.attention(self.second(self.first(x)))


class DeOldifyArtistic(nn.Module):
    """Grey as RGB (B,3,h,w), sides multiples of 16 -> RGB (B,3,h,w) in [-3,3]."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = ResNet34()
        self.middle = nn.Sequential(
            nn.BatchNorm2d(512), nn.ReLU(), convolution(512, 1024), convolution(1024, 512)
        )
        self.blocks, given = nn.ModuleList(), 512
        for i, joined in enumerate((256, 128, 64, 64)):
            self.blocks.append(Block(given, joined, last=i == 3, attention=i == 1))
            given = self.blocks[-1].made
        self.up = Upsampling(given, given, norm=False, blur=False)
        whole = given + 3
        self.cross = nn.Sequential(*[convolution(whole, whole, norm=False) for _ in range(2)])
        self.rgb = nn.Conv2d(whole, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        *encoded, below = self.encoder(x)
        y = self.middle(below)
        for block, features in zip(self.blocks, reversed(encoded), strict=True):
            y = block(y, features)
        y = cat([self.up(y), x], dim=1)
        return self.rgb(y + self.cross(y)).sigmoid() * 6 - 3
