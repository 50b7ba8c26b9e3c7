"""Which of many candidates become the variants of a photo: likely ones that are unlike each other."""

from __future__ import annotations

import torch
from torch import Tensor

# How much a candidate loses by being of one colour all over. Without it diversity chooses tints: on val.zip
# at 0.4 the cast of variant 5 is .47 instead of .45, and the best of five no better (docs/history.md).
_TINT = 0.1
_GREY = 0.5  # RMS chroma in CIELAB units below which a field has no tint worth the name


def candidates(n: int, components: int) -> int:
    """How many codes n variants are chosen from: a pool of every component, and more such pools beyond."""
    return -(-n // components) * components


def distances(fields: Tensor) -> Tensor:
    """(B,K,2,f,f) ab -> (B,K,K) how far candidates are apart: mean ΔE at equal L*."""
    flat = fields.flatten(3)
    # A row at a time: all pairs of a batch at once would be gigabytes on a card.
    rows = [(flat - flat[:, i : i + 1]).square().sum(2).sqrt().mean(2) for i in range(flat.shape[1])]
    return torch.stack(rows, 1)


def tints(fields: Tensor) -> Tensor:
    """(B,K,2,f,f) ab -> (B,K) in [0,1], the share of their energy in the mean colour (cast, measures.md)."""
    energy = fields.square().sum(2).mean((2, 3)).clamp_min(_GREY**2)
    return fields.mean((3, 4)).square().sum(2) / energy


def choose(fields: Tensor, n: int, diversity: float, pool: int) -> Tensor:
    """(B,K,2,f,f) ab of candidates, likeliest first -> indices (B,n) of those taken, in order of taking.

    The first candidate is always taken. Each next one has the largest (1 - diversity) * likelihood +
    diversity * distance to the nearest that was taken, less a tenth of its tint; likelihood is the rank, 1
    for the first to 0 for the last, and distance a share of the largest there is. At 1 it is
    farthest-point choice. Candidates come in pools: the next one is begun when all of one are taken. So the
    first variants are the same for any n, and 0 takes candidates as they come.
    """
    b, k = fields.shape[:2]
    if diversity == 0.0:
        return torch.arange(n, device=fields.device).expand(b, n)
    taken = torch.zeros(b, 1, dtype=torch.long, device=fields.device)
    distance, tint = distances(fields), tints(fields)
    rank = torch.linspace(1, 0, pool, device=fields.device)
    for i in range(1, n):
        now = slice(i // pool * pool, i // pool * pool + pool)
        nearest = distance.gather(1, taken[:, :, None].expand(-1, -1, k)).amin(1)[:, now]
        share = nearest / nearest.amax(1, keepdim=True).clamp_min(1e-6)
        score = fields.new_full((b, k), -torch.inf)
        score[:, now] = (1 - diversity) * rank + diversity * share - _TINT * tint[:, now]
        taken = torch.cat([taken, score.scatter(1, taken, -torch.inf).argmax(1, keepdim=True)], 1)
    return taken
