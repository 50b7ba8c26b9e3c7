"""What the losses need to know of the training colours: bins, how full they are, principal components."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from colorize_cli.model.networks.vae import AB_SCALE

from .batches import in_batches, load_batch
from .cache import Cache

GRID = 10  # CIELAB units between bin centres
SIDE = 64  # of the fields whose principal components are taken
COMPONENTS = 20
_REACH = 130  # of the look-up table in CIELAB units
_SAMPLE = 10_000  # photos the statistics are taken from
FILE = "statistics.safetensors"
BIN = 10.0  # CIELAB units a bin is wide, as in the paper
BINS = 26  # per axis: ab from -130 to 130


@dataclass(frozen=True)
class FieldStatistics:
    """Of ab / 128 fields: prior (Q,) of the bins, unit components (20, 8192), their variance (20,)."""

    prior: Tensor
    components: Tensor
    variance: Tensor


@functools.cache
def bin_centres() -> Tensor:
    """Centres (Q,2) of the ab bins that hold a colour of sRGB, in CIELAB units (Zhang et al. 2016).

    Every third 8-bit value a channel takes the nearest point of a grid of 10: 261 bins, and 262 with every
    value. The 313 of that paper hold more, farther out, to which no colour of sRGB is the nearest.
    """
    steps = np.arange(0, 256, 3).astype(np.float32) / np.float32(255.0)
    rgb = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    ab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[0, :, 1:]
    centres = np.unique(np.rint(ab / GRID).astype(np.int64), axis=0) * GRID
    return torch.from_numpy(centres.astype(np.float32))


@functools.cache
def _nearest() -> Tensor:
    """Bin nearest to each whole ab from -_REACH to _REACH, (2 * _REACH + 1)^2."""
    axis = torch.arange(-_REACH, _REACH + 1, dtype=torch.float32)
    points = torch.cartesian_prod(axis, axis)
    return torch.cdist(points, bin_centres()).argmin(dim=1)


def bin_of(field: Tensor) -> Tensor:
    """(B,2,h,w) ab / 128 -> index of the nearest bin in the plane, (B,h,w); every colour has one."""
    place = (field * AB_SCALE).round().clamp(-_REACH, _REACH).long() + _REACH
    return _nearest().to(field.device)[place[:, 0] * (2 * _REACH + 1) + place[:, 1]]


def _prior(counts: NDArray[np.int64]) -> Tensor:
    # A bin that no photo fills counts as one pixel: its weight 1/H must stay finite.
    filled = np.maximum(counts, 1).astype(np.float64)
    return torch.from_numpy(filled / filled.sum()).float()


def principal_components(fields: Tensor) -> tuple[Tensor, Tensor]:
    """(P,D) -> the first unit components (k,D) and their variance (k,), largest first; k is 20 or P-1."""
    k = min(COMPONENTS, len(fields) - 1)
    centred = fields - fields.mean(0)
    # A fixed seed: the range finder draws at random, and a second fit must give the same losses.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, singular, v = torch.svd_lowrank(centred, q=min(2 * COMPONENTS, len(fields)), niter=4)
    return v.T[:k].contiguous(), (singular[:k].square() / (len(fields) - 1)).clamp_min(1e-12)


def fit_statistics(cache: Cache) -> FieldStatistics:
    """Statistics of at most 10,000 evenly spaced training rows."""
    rows = cache.rows(held_out=False)
    rows = rows[:: max(1, len(rows) // _SAMPLE)][:_SAMPLE]
    counts = np.zeros(len(bin_centres()), np.int64)
    parts = []
    for part in in_batches(rows, 256):
        field = load_batch(cache, part, SIDE, features=False).field
        counts += np.bincount(bin_of(field).flatten().numpy(), minlength=counts.size)
        parts.append(field.flatten(1))
    components, variance = principal_components(torch.cat(parts))
    return FieldStatistics(_prior(counts), components, variance)


def field_statistics(cache: Cache) -> FieldStatistics:
    """The statistics of a cache, fitted once and kept beside it."""
    path = cache.folder / FILE
    if path.exists():
        return FieldStatistics(**load_file(path))
    statistics = fit_statistics(cache)
    # torchrun's processes all come here at once, and none may read what another has half written.
    own = path.with_name(f"{FILE}.{os.getpid()}")
    save_file(vars(statistics), own)
    own.replace(path)
    return statistics


def bin_index(field: Tensor) -> Tensor:
    """Colour field -> index of each pixel's ab bin, (B,f,f) in 0..BINS*BINS-1."""
    index = ((field * AB_SCALE + BIN * BINS / 2) / BIN).floor().clamp(0, BINS - 1).long()
    return index[:, 0] * BINS + index[:, 1]


def field_histogram(cache: Cache, sample: int = 4000) -> NDArray[np.int64]:
    """Pixel counts per ab bin over evenly spaced training photos, (BINS, BINS)."""
    rows = cache.rows(held_out=False)
    rows = rows[:: max(1, len(rows) // sample)]
    counts = np.zeros(BINS**2, np.int64)
    for part in in_batches(rows, 256):
        ab = torch.from_numpy(cache.arrays["ab"][part]).float().permute(0, 3, 1, 2) / AB_SCALE
        counts += np.bincount(bin_index(ab).flatten().numpy(), minlength=counts.size)
    return counts.reshape(BINS, BINS)
