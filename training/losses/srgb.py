"""Grey pictures and colour fields -> sRGB, through which a gradient passes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from colorize_cli.image.colour.srgb import F_KNEE, XYZ_TO_RGB
from colorize_cli.model.networks.vae import AB_SCALE

_LEAST = 1e-4  # of linear light: below, the slope of the sRGB curve would be all that is learned from


def rgb_of(grey: Tensor, field: Tensor) -> Tensor:
    """Grey (B,1,h,w) in [0,1] and ab / 128 (B,2,f,g) -> sRGB (B,3,h,w) in [0,1] with the grey's L*.

    Colours outside the gamut are cut, without a gradient.
    """
    ab = F.interpolate(field, size=grey.shape[2:], mode="bilinear") * AB_SCALE
    a, b = ab[:, :1], ab[:, 1:]
    f = _lab_curve(_linear(grey))
    xyz = torch.cat([_light(f + a / 500.0), _light(f), _light(f - b / 200.0)], 1)
    matrix = xyz.new_tensor(XYZ_TO_RGB)  # of light over that of white
    light = torch.einsum("rx,bxhw->brhw", matrix, xyz).clamp(_LEAST, 1.0)
    return torch.where(light > 0.0031308, 1.055 * light.pow(1 / 2.4) - 0.055, 12.92 * light)


def _linear(grey: Tensor) -> Tensor:
    return torch.where(grey > 0.04045, ((grey + 0.055) / 1.055).pow(2.4), grey / 12.92)


def _lab_curve(light: Tensor) -> Tensor:
    small = light / (3 * F_KNEE**2) + 4 / 29
    return torch.where(light > F_KNEE**3, light.clamp_min(F_KNEE**3).pow(1 / 3), small)


def _light(f: Tensor) -> Tensor:
    return torch.where(f > F_KNEE, f.clamp_min(F_KNEE).pow(3), (f - 4 / 29) * (3 * F_KNEE**2))
