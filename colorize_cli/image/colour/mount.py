"""Where a scan shows no photo but the white of its paper or mount, which takes no colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.image.colour.upsample import Floats, Upsampler, guide, resize
from colorize_cli.image.photo import Grey

_SIDE = 256  # longer side of the view in which edges are looked for
_LIGHT = 185  # least level of white, of 255: yellowed paper is 200, grey card and plain skies are below
_EVEN, _REST = 10, 0.08  # a row is white where all but a rest of its pixels are that near to the level
_LEAST = 3  # rows at three edges or more
_ALIKE = 12  # levels between edges
_PAPER = 10  # levels between a pixel of the paper and its level, grain and handling included
# Paper leaves a rectangle or an oval. What is white around a dog, or a sky that runs into the border, does
# not, and would stay white in patches.
_CONVEX = 0.95
_SEEN = 0.6  # share of a straight border along which the photo is not as white as the paper
_SOFT = 1.2  # pixels of the guide, where paper and photo meet


def upsampler_of(luma: Grey) -> Upsampler:
    """What brings colour to the size of the guide of (H,W), and none to a white border."""
    small = guide(luma)
    return Upsampler(small, colour_share(small))


def colour_share(guide: NDArray[np.uint16]) -> Floats | None:
    """(H,W) guide -> (H,W), 1 in the photo and 0 on the white around it; None where there is no such border.

    White is what is as light as the outermost rows of at least three edges and hangs together with them,
    where that leaves a convex photo, so that the opening of a mount may be oval; else the rows themselves.
    Writing in them stays grey, too.
    """
    eight = np.asarray(cv2.convertScaleAbs(guide, alpha=1 / 257), np.uint8)
    edges = _edges(eight)
    white = [edge for edge in edges if edge.share]
    if len(white) < 3 or np.ptp([edge.level for edge in white]) > _ALIKE:
        return None
    level = float(np.median([edge.level for edge in white]))
    light = np.abs(cv2.blur(eight, (3, 3)).astype(np.float32) - level) <= _PAPER
    bands = _bands(eight.shape, edges)
    paper = _joined(light, bands)
    if not _leaves_convex(paper):
        if not _all_straight(edges):
            return None
        paper = bands
    return np.asarray(cv2.GaussianBlur((~paper).astype(np.float32), (0, 0), _SOFT), np.float32)


@dataclass(frozen=True)
class _Edge:
    """How much of the picture's side its white rows take, how light they are (of 255), and along how much of
    its length something darker begins behind them.
    """

    share: float
    level: int
    seen: float


def _edges(grey: NDArray[np.uint8]) -> list[_Edge]:
    """Of the top, the right, the bottom and the left."""
    scale = min(1.0, _SIDE / max(grey.shape))
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    small = resize(grey, height, width)
    return [_edge(np.rot90(small, turn)) for turn in range(4)]


def _edge(grey: NDArray[np.uint8]) -> _Edge:
    """Of the topmost rows."""
    level = int(np.median(grey[: min(2, len(grey))]))
    off = np.abs(grey.astype(np.int16) - level) > _EVEN
    even = off.mean(1) <= _REST
    rows = len(even) if even.all() else int(np.argmin(even))
    if rows < _LEAST or level < _LIGHT:
        return _Edge(0.0, level, 0.0)
    behind = off[rows : rows + _LEAST].any(0)
    return _Edge(rows / len(grey), level, float(behind.mean()))


def _all_straight(edges: list[_Edge]) -> bool:
    """Whether the photo can be seen to end along all white edges, between those beside them."""
    around = zip(edges[-1:] + edges[:-1], edges, edges[1:] + edges[:1], strict=True)
    lengths = [(edge, 1.0 - before.share - after.share) for before, edge, after in around]
    return all(edge.seen >= _SEEN * length > 0 for edge, length in lengths if edge.share)


def _bands(shape: tuple[int, ...], edges: list[_Edge]) -> NDArray[np.bool_]:
    """(H,W) where an edge is white."""
    bands = np.zeros(shape, np.bool_)
    for turn, edge in enumerate(edges):
        side = np.rot90(bands, turn)
        side[: round(edge.share * len(side))] = True
    return bands


def _joined(light: NDArray[np.bool_], bands: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The bands, and what is light and hangs together with them."""
    _, labels = cv2.connectedComponents((light | bands).astype(np.uint8), connectivity=4)
    return np.isin(labels, np.unique(labels[bands]))


def _leaves_convex(paper: NDArray[np.bool_]) -> bool:
    """Whether the largest thing that is not paper has no bays."""
    contours, _ = cv2.findContours((~paper).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return False
    photo = max(contours, key=cv2.contourArea)
    return cv2.contourArea(photo) >= _CONVEX * cv2.contourArea(cv2.convexHull(photo)) > 0
