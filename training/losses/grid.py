"""How several fields differ from one truth; fields (B,K,2,h,w) and truth (B,1,2,h,w) are ab / 128."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

SCALES = (1, 2, 4)  # at which changes of colour are compared
_FLAT = 25.0  # how fast a change of luminance excuses one of colour
_LEAST_SKIN = 2.0  # places at which all skin of a photo counts fully


def error(made: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute error, (B,K)."""
    return (made - truth).abs().mean((-3, -2, -1))


def gradient(made: Tensor, truth: Tensor) -> Tensor:
    """Error of the differences of neighbours at several scales, (B,K): where colours change and where not."""
    total = made.new_zeros(made.shape[:2])
    for scale in SCALES:
        off = _pooled(made - truth, scale)
        total = total + sum(off.diff(dim=dim).abs().mean((2, 3, 4)) for dim in (-1, -2))
    return total / len(SCALES)


def unasked(made: Tensor, truth: Tensor, light: Tensor) -> Tensor:
    """Changes of colour beyond the truth's where luminance (B,1,h,w) stays as it is, (B,K): blotches."""
    total = made.new_zeros(made.shape[:2])
    for scale in SCALES:
        m, t, g = (_pooled(x, scale) for x in (made, truth, light[:, None]))
        for dim in (-1, -2):
            excess = F.relu(m.diff(dim=dim).abs() - t.diff(dim=dim).abs())
            total = total + (excess * torch.exp(g.diff(dim=dim).abs() * -_FLAT)).mean((2, 3, 4))
    return total / len(SCALES)


def chroma(field: Tensor) -> Tensor:
    """(...,2,h,w) -> (...,h,w); its slope is bounded at grey."""
    return (field.square().sum(-3) + 1e-5).sqrt()


def chroma_error(made: Tensor, truth: Tensor) -> Tensor:
    """How far each pixel is from being as colourful as it should be, of whatever hue, (B,K)."""
    return (chroma(made) - chroma(truth)).abs().mean((-2, -1))


def skin_error(made: Tensor, truth: Tensor, skin: Tensor) -> Tensor:
    """Mean absolute error and that of chroma where skin (B,1,h,w) is, (B,K); 0 on a photo without a face."""
    off = (made - truth).abs().mean(-3) + (chroma(made) - chroma(truth)).abs() / 2
    return (off * skin).sum((-2, -1)) / skin.sum((-2, -1)).clamp_min(_LEAST_SKIN)


def colourfulness(field: Tensor) -> Tensor:
    """Hasler & Süsstrunk's M(1) in units of a field: spread of colours and a third of the mean, (...)."""
    mean = field.mean((-2, -1), keepdim=True)
    spread = ((field - mean).square().sum(-3).mean((-2, -1)) + 1e-5).sqrt()
    return spread + 0.37 * (mean.square().sum((-3, -2, -1)) + 1e-5).sqrt()


def cast(field: Tensor) -> Tensor:
    """Share of chroma energy in the mean colour, (...): 1 for a tint over everything."""
    energy = field.square().sum(-3).mean((-2, -1)).clamp_min(1e-4)
    return field.mean((-2, -1)).square().sum(-1) / energy


def _pooled(x: Tensor, scale: int) -> Tensor:
    """(B,K,C,h,w), means of scale x scale places."""
    if scale == 1:
        return x
    small = F.avg_pool2d(x.flatten(0, 1), scale)
    return small.reshape(*x.shape[:3], *small.shape[-2:])
