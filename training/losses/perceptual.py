"""How different two colourings of a photo look to a network that knows things (Johnson et al. 2016; LPIPS).

EfficientNet-Lite1 with ImageNet weights looks at the photo at 80x80, in RGB, through the colours of both.
Never Lite2: that is the judge (`measure.judge`), and what is trained to please it cannot be judged by it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorize_cli.image.colour.srgb import F_KNEE, XYZ_TO_RGB
from colorize_cli.model.networks.backbone import STEM_CHANNELS
from colorize_cli.model.networks.vae import AB_SCALE

from ..data.batches import area_resize
from ..data.imagenet import imagenet_encoder, imagenet_weights

_SIDE = 80
_TAPS = (1, 2, 4)  # stages at strides 4, 8, 16


def rgb(grey: Tensor, field: Tensor) -> Tensor:
    """Luma (B,1,h,w) in [0,1] and ab / 128 (B,2,h,w) -> sRGB (B,3,h,w) in [0,1], CIELAB with D65, clamped."""
    linear = torch.where(grey <= 0.04045, grey / 12.92, ((grey + 0.055) / 1.055) ** 2.4)
    dark = linear <= F_KNEE**3
    # Roots have endless slopes at 0: nothing is lost below values that 8 bits can tell.
    fy = torch.where(dark, linear / (3 * F_KNEE**2) + 4 / 29, linear.clamp_min(1e-4) ** (1 / 3))
    a, b = field[:, :1] * AB_SCALE, field[:, 1:] * AB_SCALE
    f = torch.cat([fy + a / 500, fy, fy - b / 200], dim=1)
    xyz = torch.where(f > F_KNEE, f**3, (f - 4 / 29) * (3 * F_KNEE**2))
    out = torch.einsum("ij,bjhw->bihw", f.new_tensor(XYZ_TO_RGB), xyz).clamp(1e-4, 1.0)
    return torch.where(out <= 0.0031308, out * 12.92, 1.055 * out ** (1 / 2.4) - 0.055)


class Perceptual(nn.Module):
    """Frozen; (B,1,v,v) grey, made and true colour fields (B,2,f,f) -> mean distance, 0 for equal ones."""

    def __init__(self) -> None:
        super().__init__()
        encoder = imagenet_encoder("lite1")
        stem = nn.Conv2d(3, STEM_CHANNELS, 3, 2, bias=False)
        stem.weight.data = imagenet_weights("lite1")["_conv_stem.weight"]
        encoder.stem[1] = stem
        self.stem, self.stages = encoder.stem, encoder.stages[: _TAPS[-1] + 1]
        self.requires_grad_(False).eval()

    def forward(self, grey: Tensor, made: Tensor, truth: Tensor) -> Tensor:
        """Mean over photos of the squared distance of unit feature vectors, summed over three strides."""
        small = area_resize(grey, _SIDE)
        with torch.no_grad():
            wanted = self._features(small, truth)
        pairs = zip(self._features(small, made), wanted, strict=True)
        return torch.stack([(mine - theirs).square().sum(1).mean() for mine, theirs in pairs]).sum()

    def _features(self, grey: Tensor, field: Tensor) -> list[Tensor]:
        wide = F.interpolate(field, size=(_SIDE, _SIDE), mode="bilinear")
        picture = rgb(grey, wide).contiguous(memory_format=torch.channels_last)
        x = F.relu6(self.stem((picture * 255.0 - 127.0) / 128.0))
        taps = []
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i in _TAPS:
                taps.append(F.normalize(x, dim=1))
        return taps
