"""The losses of the VAE (paper, sec. 3.1) on colour fields ab / 128 of shape (B,2,f,f)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..data.statistics import BINS, bin_index

_SMOOTH = 0.02  # below 2.5 CIELAB units the error counts squared, above linearly


def hist_weights(histogram: NDArray[np.int64], strength: float) -> Tensor:
    """Pixel counts per bin -> loss weight per bin, proportional to p^-strength, with mean 1 over pixels.

    strength 1 is the paper's 1/H up to scale; 0 weighs all alike. The histogram is smoothed first,
    so that a bin seen once does not get the weight of a thousand pixels.
    """
    counts = torch.from_numpy(histogram.astype(np.float32)).reshape(1, 1, BINS, BINS)
    kernel = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]) / 16.0
    smooth = F.conv2d(counts, kernel[None, None], padding=1).flatten()
    p = smooth / smooth.sum()
    weights = p.clamp_min(1e-6) ** -strength
    return weights / (p * weights).sum()


def hist(prediction: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Colourfulness loss: smooth L1, each pixel weighted by the rarity of its true colour."""
    error = F.smooth_l1_loss(prediction, truth, reduction="none", beta=_SMOOTH)
    return (error * weights[bin_index(truth)][:, None]).mean()


def gradient(prediction: Tensor, truth: Tensor, scales: tuple[int, ...] = (1, 2, 4, 8)) -> Tensor:
    """Mean absolute error of horizontal and vertical differences, averaged over several scales.

    The paper takes the finest scale only. The coarse ones ask that regions differ from each other as
    they do in truth, which a tint over the whole picture cannot satisfy.
    """
    error = prediction - truth
    total = error.new_zeros(())
    for scale in scales:
        e = F.avg_pool2d(error, scale) if scale > 1 else error
        total = total + e.diff(dim=2).abs().mean() + e.diff(dim=3).abs().mean()
    return total / len(scales)


def kl(mu: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mu, exp(log_var)) || N(0,1)) summed over z, in nats, mean over the batch."""
    return 0.5 * (mu.square() + log_var.exp() - 1.0 - log_var).sum(dim=1).mean()
