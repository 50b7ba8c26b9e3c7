"""The VAE of architecture "grid": what every pixel is, found once, and colours as a local linear map of it.

A code moves the coefficients of that map, one set to 16x16 pixels of the view, as in the bilateral grids of
Gharbi et al. 2017 (HDRnet); the pixels bring the edges. Colour fields are ab / 128, channels (a, b).
"""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.networks.vae import ModulatedConv

_COLOUR = 0.15  # of ab / 128, that one unit of the map's output stands for
_SIDE = 4  # of the encoder's last map
_BLOCKS = (2, 2, 1, 1)  # at strides 32, 16, 8, 4
_CELL = 4  # strides of the pixels to one of the coefficients


class GridEncoder(nn.Module):
    """Colour field (B,2,h,w) and the grey it belongs to -> mu, log_var of Q(z|C,G), each (B,d).

    It sees the grey to know which thing has which colour.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, width in itertools.pairwise((3, *config.encoder_widths)):
            layers += [nn.Conv2d(before, width, 5, 2, 2, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(config.encoder_widths[-1] * _SIDE**2, 2 * config.z_dim)

    def forward(self, field: Tensor, grey: Tensor) -> tuple[Tensor, Tensor]:
        """Grey (B,1,H,W) in [0,1], of any size; log_var is bounded: an outlier cannot overflow exp()."""
        small = F.adaptive_avg_pool2d(grey, (field.shape[2], field.shape[3]))
        maps = self.layers(torch.cat([field * 8.0, small * 2.0 - 1.0], dim=1))
        mu, log_var = self.head(F.adaptive_avg_pool2d(maps, _SIDE).flatten(1)).chunk(2, dim=1)
        return mu, log_var.clamp(-10.0, 4.0)


class PixelBlock(nn.Module):
    """A residual 3x3 convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """(B,width,h,w) -> the same."""
        return x + F.relu(self.layers(x), inplace=True)


class PixelDecoder(nn.Module):
    """Grey and its features -> maps of what is where, strides 32, 16, 8 and 4, coarsest first."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = config.decoder_widths
        stride4, *coarser = config.features
        # At the finest level the grey picture itself, too, 4x4 pixels to a cell.
        sources = (*reversed(coarser), stride4 + 16)
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, w, 1, bias=False), nn.BatchNorm2d(w))
            for c, w in zip(sources, widths, strict=True)
        )
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in itertools.pairwise(widths))
        self.blocks = nn.ModuleList(
            nn.Sequential(*(PixelBlock(w) for _ in range(n))) for w, n in zip(widths, _BLOCKS, strict=True)
        )

    def forward(self, grey: Tensor, features: tuple[Tensor, ...]) -> list[Tensor]:
        """Grey (B,1,h,w) in [0,1] and its features of `config.features` -> four maps."""
        stride4, *coarser = features
        finest = torch.cat([stride4, F.pixel_unshuffle(2.0 * grey - 1.0, 4)], dim=1)
        maps: list[Tensor] = []
        for level, source in enumerate((*reversed(coarser), finest)):
            x = self.laterals[level](source)
            if level:
                x = x + F.interpolate(self.narrow[level - 1](maps[-1]), size=x.shape[2:], mode="bilinear")
            maps.append(self.blocks[level](F.relu(x)))
        return maps


class GridDecoder(nn.Module):
    """Codes over the pixels of a photo -> colour fields; the interface of `ColorDecoder`, but for `forward`.

    `skips` depends on the photo alone and is computed once; `forward` takes all codes of a photo.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        stride32, stride16, _, stride4 = config.decoder_widths
        width, basis, code = config.grid_width, config.grid_basis, 2 * config.z_dim
        self.pixels = PixelDecoder(config)
        self.embedding = nn.Conv2d(stride4, stride4, 1)
        self.basis = nn.Conv2d(stride4, basis, 1)
        self.coarser, self.finer = nn.Conv2d(stride32, width, 1), nn.Conv2d(stride16, width, 1)
        self.code = nn.Sequential(nn.Linear(config.z_dim, code), nn.SiLU(), nn.Linear(code, code), nn.SiLU())
        self.first = nn.Linear(code, 2 * width)
        self.blocks = nn.ModuleList(ModulatedConv(width, code) for _ in range(config.grid_blocks))
        self.head = nn.Conv2d(width, 2 * (basis + 1), 1)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def skips(self, grey: Tensor, features: tuple[Tensor, ...]) -> list[Tensor]:
        """Grey (B,1,h,w) in [0,1] and its features -> what coefficients are made of, (B,c,h/16,w/16), and
        what they are multiplied with, (B,r,h/4,w/4) in [-1,1].
        """
        maps = self.pixels(grey, features)
        place = self.finer(maps[1])
        place = place + F.interpolate(self.coarser(maps[0]), size=place.shape[2:], mode="bilinear")
        return [place, torch.tanh(self.basis(self.embedding(maps[3]))).contiguous()]

    def coarse(self, skips: list[Tensor], level: int) -> list[Tensor]:
        """Skips for fields of 1/16 of the view, for a quick look at codes; there is one such `level`."""
        assert level == 0
        return [skips[0], F.avg_pool2d(skips[1], _CELL)]

    def coefficients(self, z: Tensor, skips: list[Tensor]) -> Tensor:
        """z (B,n,d) and skips of B photos -> what each code makes of their places, (B,n,2(r+1),h/16,w/16)."""
        place, n = skips[0], z.shape[1]
        code = self.code(z.flatten(0, 1))
        scale, shift = self.first(code)[:, :, None, None].chunk(2, 1)
        x = place.repeat_interleave(n, 0).contiguous(memory_format=torch.channels_last)
        x = F.relu(torch.addcmul(shift, x, 1.0 + scale))
        for block in self.blocks:
            x = block(x, code)
        found: Tensor = self.head(x)
        return found.reshape(*z.shape[:2], *found.shape[1:])

    def painted(self, coefficients: Tensor, skips: list[Tensor]) -> Tensor:
        """Coefficients (B,n,...) -> colour fields (B,n,2,f,g), ab / 128, of the last skip's size."""
        b, n = coefficients.shape[:2]
        # In float32 throughout: sums of so few numbers in bf16 take three times as long on a CPU.
        with _no_autocast(coefficients.device.type):
            # A product of matrices with the channels last: 1.9 ms instead of 4.8 for five fields of 80x112.
            basis = F.pad(skips[-1].float(), (0, 0, 0, 0, 0, 1), value=1.0).permute(0, 2, 3, 1)
            flat = coefficients.float().flatten(0, 1).contiguous(memory_format=torch.channels_last)
            fine = F.interpolate(flat, size=skips[-1].shape[2:], mode="bilinear").permute(0, 2, 3, 1)
            weights = fine.reshape(b, n, *fine.shape[1:3], 2, -1)
            field: Tensor = (weights @ basis[:, None, ..., None])[..., 0].permute(0, 1, 4, 2, 3) * _COLOUR
            return field

    def forward(self, z: Tensor, skips: list[Tensor]) -> Tensor:
        """z (B,n,d) and skips of B photos -> colour fields (B,n,2,f,g), ab / 128, of the last skip's size."""
        return self.painted(self.coefficients(z, skips), skips)


def _no_autocast(device_type: str) -> AbstractContextManager[object]:
    """Inside, what an outer autocast would round is float32; for kinds of device that have none, nothing."""
    able = torch.amp.is_autocast_available(device_type)
    return torch.autocast(device_type, enabled=False) if able else nullcontext()
