"""Hints on one photo: what they ask of the network, and what is still to be put right in its fields.

What the codes leave undone is taken as a smooth field of its own: kriging, with a covariance that falls
with the way along the surface of the picture, passes it on to the thing that the hint is on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.hints.geodesic import geodesic
from colorize_cli.hints.hint import Hint, HintResult
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.cielab import into_gamut, lightness
from colorize_cli.image.colour.samples import srgb_grey
from colorize_cli.image.colour.upsample import Upsampler, resize
from colorize_cli.model.variants.steering import Spot, points_of

Floats = NDArray[np.float32]

CLOSE = 5.0  # ΔE that counts as met: half of what two people call the same colour from memory
_SIDE = 120  # longer side of what is put right; finer than a field, so that edges hold
# How far a correction reaches along the surface: of the longer side, and in L*.
_REACH, _LIGHT = 0.45, 15.0
_GRAIN = 0.7  # pixels
_SAME = 0.5  # in units of _LIGHT
# Of a hint, in shares of the correction's variance: hints that contradict each other may not shout. Soft
# hints are as noisy as it is strong: half of what is missing is put right.
_NOISE, _SOFT_NOISE = 0.1, 1.0
_ROUNDS = 3
_ENOUGH = 2.0  # ΔE at which no further round is made


@dataclass(frozen=True)
class Correction:
    """Fields (n,2,h,w) and how far (ΔE) each variant is from each hint, (n,K)."""

    fields: Floats
    left: Floats


class PhotoHints:
    """The hints of one photo, seen on its canvas; at least one."""

    def __init__(self, hints: Sequence[Hint], canvas: Canvas) -> None:
        self.hints, self._canvas = tuple(hints), canvas
        self._seen = srgb_grey(canvas.upsampler.guide, canvas.space)
        height, width = self._seen.shape
        # Longer side over width and over height.
        self._scale = max(height, width) / np.array([width, height])
        self.wanted = np.array([[hint.a, hint.b] for hint in hints], dtype=np.float32)
        self._points = [_cells(self._spot(hint), self._seen.shape) for hint in hints]
        share = canvas.upsampler.share
        if share is not None and any(share[points].min() < 1 for points in self._points):
            canvas.colour_border()
        self.reachable = np.array([self._inside(i) for i in range(len(hints))], dtype=np.float32)
        self.spots = tuple(
            replace(self._spot(hint), a=float(a), b=float(b))
            for hint, (a, b) in zip(hints, self.reachable, strict=True)
        )

    @property
    def lost(self) -> Floats:
        """(K,) ΔE between each hint and the nearest colour that its place is light or dark enough for."""
        return np.asarray(np.linalg.norm(self.wanted - self.reachable, axis=1), dtype=np.float32)

    def results(self, touched: Correction) -> tuple[HintResult, ...]:
        """What became of each hint."""
        found = zip(self.hints, self.lost, touched.left.T, strict=True)
        return tuple(
            HintResult(h.label, h.x, h.y, _rounded(lost), tuple(map(_rounded, left)))
            for h, lost, left in found
        )

    def measured(self, fields: Floats) -> Correction:
        """The fields (n,2,f,f) as they are, and what they lack."""
        return Correction(fields, np.stack([self._left(field) for field in fields]))

    def corrected(self, fields: Floats, hard: bool = True) -> Correction:
        """The fields with the rest of what is wanted put right, or half of it, at a higher resolution."""
        light, covariance = self._covariance()
        upsampler = Upsampler(light)
        done = [self._one(upsampler, np.moveaxis(field, 0, -1), covariance, hard) for field in fields]
        return self.measured(np.stack([np.moveaxis(field, -1, 0) for field in done]))

    def _one(self, upsampler: Upsampler, field: Floats, covariance: Floats, hard: bool) -> Floats:
        fine = upsampler(np.ascontiguousarray(field, dtype=np.float32))
        places = [_cells(spot, fine.shape) for spot in self.spots]
        among = np.stack([covariance[:, rows, columns].mean(axis=1) for rows, columns in places], axis=1)
        noise, rounds = (_NOISE, _ROUNDS) if hard else (_SOFT_NOISE, 1)
        # Lengths along a surface need not give a covariance: what is negative of it is taken for noise.
        strength, directions = np.linalg.eigh((among + among.T) / 2)
        inverse = (directions / (strength.clip(0) + noise)) @ directions.T
        for _ in range(rounds):
            missing = self._missing(np.moveaxis(fine, -1, 0))
            if np.linalg.norm(missing, axis=1).max() < _ENOUGH:
                break
            fine = fine + np.einsum("kyx,kc->yxc", covariance, inverse @ missing).astype(np.float32)
        return fine

    def _missing(self, field: Floats) -> Floats:
        """(K,2) ab that a field (2,h,w) lacks at the hints, before the gamut cuts what is too much."""
        there = [ab.mean(axis=0) for ab in self._there(field)]
        return np.asarray(self.reachable - np.stack(there), dtype=np.float32)

    def _left(self, field: Floats) -> Floats:
        """(K,) ΔE between what is wanted and reachable and what is delivered."""
        pairs = zip(self._there(field), self._points, strict=True)
        there = [self._delivered(ab, self._seen[points]) for ab, points in pairs]
        return np.asarray(np.linalg.norm(self.reachable - np.stack(there), axis=1), dtype=np.float32)

    def _there(self, field: Floats) -> list[Floats]:
        """(m,2) ab at the points of each hint."""
        full = self._canvas.upsampler(np.ascontiguousarray(np.moveaxis(field, 0, -1)))
        return [full[points] for points in self._points]

    def _spot(self, hint: Hint) -> Spot:
        across, down = hint.radius * self._scale
        return Spot(hint.x, hint.y, float(across), float(down), hint.a, hint.b)

    def _inside(self, i: int) -> Floats:
        grey = self._seen[self._points[i]]
        return self._delivered(np.tile(self.wanted[i], (len(grey), 1)), grey)

    @staticmethod
    def _delivered(ab: Floats, grey: NDArray[np.uint8] | NDArray[np.uint16]) -> Floats:
        """The mean of ab (m,2) at greys (m,), after what sRGB does not have is taken off."""
        inside = into_gamut(grey[None], np.ascontiguousarray(ab.T)[:, None])
        return np.asarray(inside.mean(axis=(1, 2)), dtype=np.float32)

    def _covariance(self) -> tuple[NDArray[np.uint16], Floats]:
        """The guide at the size of the correction (h,w), and each hint's covariance with it, (K,h,w)."""
        height, width = self._seen.shape
        shrink = min(1.0, _SIDE / max(height, width))
        size = max(1, round(height * shrink)), max(1, round(width * shrink))
        guide, seen = resize(self._canvas.upsampler.guide, *size), resize(self._seen, *size)
        # The grain of a print would make every path long.
        light = cv2.GaussianBlur(lightness(seen) / np.float32(_LIGHT), (0, 0), _GRAIN)
        seeds = np.zeros((len(self.spots), *size), dtype=bool)
        for seed, spot in zip(seeds, self.spots, strict=True):
            # Of a dot that reaches over an edge, the side on which most of it is.
            rows, columns = _cells(spot, size)
            there = light[rows, columns]
            most = np.abs(there - np.median(there)) <= _SAME
            seed[rows[most], columns[most]] = True
        steps = 1 / (np.array(size[::-1]) * self._scale * _REACH)
        length = geodesic(np.asarray(light, dtype=np.float32), seeds, float(steps[0]), float(steps[1]))
        covariance = np.exp(-np.square(length) / 2)
        return guide, np.asarray(covariance, dtype=np.float32)


def hint_warnings(results: Sequence[HintResult], *, hard: bool) -> tuple[str, ...]:
    """A sentence for each hint that is not met, with the reason."""
    return tuple(text for number, result in enumerate(results, 1) if (text := _warning(number, result, hard)))


def _warning(number: int, result: HintResult, hard: bool) -> str | None:
    name = f"hint {number}" + (f" ({result.label})" if result.label else "")
    if result.lost > CLOSE:
        return (
            f"{name}: the scan is too dark or too light there for this colour; the nearest it can have was "
            f"taken, ΔE {result.lost:g} away"
        )
    if max(result.left) > CLOSE:
        why = (
            "hints nearby want other colours, or the place is uneven; try fewer or smaller ones"
            if hard
            else "--hints hard would meet it"
        )
        return f"{name}: not met, ΔE {max(result.left):g} away in the worst variant; {why}"
    return None


def _rounded(value: float) -> float:
    return round(float(value), 1)


def _cells(spot: Spot, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the points of a spot on a grid of the whole photo."""
    x, y = points_of(spot).T
    rows, columns = (
        (z * side).astype(np.intp).clip(0, side - 1) for z, side in ((y, shape[0]), (x, shape[1]))
    )
    return rows, columns
