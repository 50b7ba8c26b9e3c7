"""Measures of colour (docs/measures.md): free functions on arrays, the same numbers on every call.

ab fields are (..., h, w, 2) in CIELAB units (D65), area-averaged to `SIDE` before they come here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorize_cli.model.networks.vae import AB_SCALE

SIDE = 64  # of the fields that errors, variance, cast and chroma are taken on
GRID = 8  # points per axis of the paper's Grid
RESAMPLES = 2000
# RMS chroma below which a picture is grey: the rounding of Lab and of 8-bit RGB stays under it.
_GREY_CHROMA = 0.5

Floats = NDArray[np.float64]
Figures = dict[str, float]  # of one photo, by name


@dataclass(frozen=True)
class Figure:
    """A mean over photos and its 95 % bootstrap interval; NaN where no photo has the figure."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Errors:
    """MAE of each photo (P,): the best of five variants, the first, their mean, ab = 0."""

    best: Floats
    first: Floats
    mean: Floats
    grey: Floats


def mae(prediction: NDArray[np.float32], truth: NDArray[np.float32]) -> Floats:
    """Mean |difference| / 128 over pixels and both channels: ab (...,h,w,2), (h,w,2) -> (...)."""
    difference = np.abs(prediction.astype(np.float64) - truth)
    return np.asarray(difference.mean(axis=(-3, -2, -1)) / AB_SCALE)


def grid(ab: NDArray[np.float32]) -> NDArray[np.float32]:
    """The paper's Grid (Tables 1 and 2): ab (...,h,w,c) -> (...,8,8,c), evenly spaced in the middle half.

    Of 64 rows and columns: 18, 22, ... 46.
    """
    height, width = ab.shape[-3:-1]
    rows, columns = ((np.arange(GRID) + 0.5) / GRID * side / 2 + side / 4 for side in (height, width))
    return np.asarray(ab[..., rows.astype(int)[:, None], columns.astype(int), :])


def weighted_mae(
    prediction: NDArray[np.float32], truth: NDArray[np.float32], weights: NDArray[np.float32]
) -> Floats:
    """`mae` with each pixel's error times its weight (h,w), as in the paper's Table 2; not normalised."""
    difference = np.abs(prediction.astype(np.float64) - truth) * weights[..., None]
    return np.asarray(difference.mean(axis=(-3, -2, -1)) / AB_SCALE)


def eob(errors: Floats, k: int) -> Floats:
    """Error of best: MAE of variants in order of rank (...,K) -> the least of the first k (...)."""
    return np.asarray(errors[..., :k].min(axis=-1))


def top1(errors: Floats) -> Floats:
    """MAE of variants in order of rank (...,K) -> that of the first (...)."""
    return np.asarray(errors[..., 0])


def mean_of(errors: Floats, k: int) -> Floats:
    """MAE of variants in order of rank (...,K) -> the mean of the first k (...)."""
    return np.asarray(errors[..., :k].mean(axis=-1))


def var(fields: NDArray[np.float32]) -> float:
    """Population variance of ab / 128 over variants (K,h,w,2), mean over pixels and channels."""
    return float((fields.astype(np.float64) / AB_SCALE).var(axis=0).mean())


def cast(ab: NDArray[np.float32]) -> Floats:
    """(mean a)² + (mean b)² over mean(a² + b²): ab (...,h,w,2) -> (...) in [0,1]; NaN for grey."""
    exact = ab.astype(np.float64)
    energy = np.square(exact).sum(axis=-1).mean(axis=(-2, -1))
    tint = np.square(exact.mean(axis=(-3, -2))).sum(axis=-1)
    grey = energy < _GREY_CHROMA**2
    return np.where(grey, np.nan, tint / np.where(grey, 1.0, energy))


def mean_chroma(ab: NDArray[np.float32]) -> Floats:
    """Mean of sqrt(a² + b²): ab (...,h,w,2) -> (...) in CIELAB units."""
    return np.asarray(np.sqrt(np.square(ab.astype(np.float64)).sum(axis=-1)).mean(axis=(-2, -1)))


def colourfulness(rgb: NDArray[np.uint8]) -> float:
    """Colourfulness of Hasler & Süsstrunk 2003 (their M^(3)) of an (H,W,3) RGB picture, 0..255."""
    r, g, b = (rgb[:, :, i].astype(np.float64) for i in range(3))
    # The opponent axes keep their sign: with absolute values, as some programs take them, a picture
    # of complementary colours would look evenly tinted.
    rg, yb = r - g, 0.5 * (r + g) - b
    return math.hypot(rg.std(), yb.std()) + 0.3 * math.hypot(rg.mean(), yb.mean())


def interval(values: Floats, seed: int = 0) -> Figure:
    """Mean of one value per photo (P,) with its 95 % bootstrap interval; NaN are left out."""
    return ratio_interval(values, np.ones_like(values), seed)


def ratio_interval(numerator: Floats, denominator: Floats, seed: int = 0) -> Figure:
    """Ratio of the means of (P,) and (P,) with its 95 % interval: photos are drawn in pairs.

    Photos with NaN in either are left out; NaN if none is left or if the lower mean is zero.
    """
    known = np.isfinite(numerator) & np.isfinite(denominator)
    top, bottom = numerator[known], denominator[known]
    if not len(top) or bottom.sum() == 0.0:
        return Figure(math.nan, math.nan, math.nan)
    drawn = np.random.default_rng(seed).integers(0, len(top), (RESAMPLES, len(top)))
    tops, bottoms = top[drawn].sum(axis=1), bottom[drawn].sum(axis=1)
    usable = bottoms != 0.0
    low, high = np.percentile(tops[usable] / bottoms[usable], (2.5, 97.5))
    return Figure(float(top.sum() / bottom.sum()), float(low), float(high))


def median_interval(values: Floats, seed: int = 0) -> Figure:
    """Median of one value per photo (P,), P > 0, with its 95 % bootstrap interval."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(np.median(values[drawn], axis=1), (2.5, 97.5))
    return Figure(float(np.median(values)), float(low), float(high))


def apart(delivered: NDArray[np.float32]) -> float:
    """(k,h,w,2) ab of variants -> the mean distance of two of them at a pixel, in CIELAB units; 0 for one."""
    rows, columns = np.triu_indices(len(delivered), 1)
    if not len(rows):
        return 0.0
    return float(np.linalg.norm(delivered[rows] - delivered[columns], axis=-1).mean())


def error_figures(
    delivered: NDArray[np.float32], truth: NDArray[np.float32], reference: NDArray[np.float32] | None = None
) -> Figures:
    """MAE figures and var from ab of variants (k,h,w,2) and, if given, of z = 0 and own code (2,h,w,2)."""
    errors, k = mae(delivered, truth), len(delivered)
    zero, own = ({}, {}) if reference is None else _reference_figures(reference, truth)
    return (
        {"grey": float(mae(np.zeros_like(truth), truth))}
        | zero
        | {
            "top-1": float(top1(errors)),
            f"eob@{k}": float(eob(errors, k)),
            f"mean-of-{k}": float(mean_of(errors, k)),
        }
        | own
        | {"var": var(delivered), "apart": apart(delivered)}
    )


def _reference_figures(reference: NDArray[np.float32], truth: NDArray[np.float32]) -> tuple[Figures, Figures]:
    zero, own = mae(reference, truth)
    return {"zero-code": float(zero)}, {"oracle": float(own)}


def is_mae(name: str) -> bool:
    """Whether a figure is an MAE, so that its ratio to that of grey says something."""
    return name in ("grey", "zero-code", "top-1", "oracle") or name.startswith(("eob@", "mean-of-"))


# Figures that are shares of that of the true photo, or of the grey one.
_UNITS = {"blotch": "blotch truth", "edge": "edge truth", "feat": "feat grey"}


def unit_of(name: str) -> str | None:
    """The figure whose mean over photos that of `name` is divided by; None: by nothing."""
    return _UNITS.get(name.split()[0])


def per_rank(name: str, values: Iterable[float]) -> Figures:
    """Values in order of rank, named by it from 1."""
    return {f"{name} {rank}": float(value) for rank, value in enumerate(values, 1)}


def colour_figures(pictures: list[NDArray[np.uint8]], rgb: NDArray[np.uint8]) -> Figures:
    """Colourfulness of k pictures and of the true one, and two distances between them."""
    true = colourfulness(rgb)
    ranked = np.array([colourfulness(picture) for picture in pictures])
    return (
        {"colourfulness truth": true}
        | per_rank("colourfulness", ranked)
        # Easily taken for each other: the mean of |CF - CF(truth)|, in which too much on one photo
        # and too little on the next do not cancel, and the difference of means, in which they do.
        | per_rank("dcf", np.abs(ranked - true))
        | per_rank("colourfulness difference of means", ranked - true)
    )


def ab_figures(ab: NDArray[np.float32], prefix: str = "") -> Figures:
    """Cast and mean chroma of ab by rank, (k,h,w,2)."""
    return per_rank(f"{prefix}cast", cast(ab)) | per_rank(f"{prefix}chroma", mean_chroma(ab))
