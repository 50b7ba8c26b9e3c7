"""Which of many candidates become the variants of a photo: likely ones, or ones far from each other."""

from __future__ import annotations

import torch
from torch import Tensor


def candidates(n: int, components: int) -> int:
    """How many codes are decoded for n variants when distance counts: every component, and twice n."""
    return max(2 * n, components)


def distances(fields: Tensor) -> Tensor:
    """(B,K,2,f,f) ab -> (B,K,K) how far candidates are apart: mean ΔE at equal L*."""
    flat = fields.flatten(3)
    # A row at a time: all pairs of a batch at once would be gigabytes on a card.
    rows = [(flat - flat[:, i : i + 1]).square().sum(2).sqrt().mean(2) for i in range(flat.shape[1])]
    return torch.stack(rows, 1)


def choose(distance: Tensor, n: int, diversity: float) -> Tensor:
    """(B,K,K) distances of candidates, likeliest first -> indices (B,n) of those taken, likeliest first.

    The first candidate is always taken. Each next one has the largest (1 - diversity) * likelihood +
    diversity * distance to the nearest that was taken; likelihood is the rank, 1 for the first to 0 for the
    last, and distance a share of the largest there is. 0 takes the n likeliest, 1 is farthest-point choice.
    """
    b, k, _ = distance.shape
    rank = torch.linspace(1, 0, k, device=distance.device).expand(b, k)
    taken = torch.zeros(b, 1, dtype=torch.long, device=distance.device)
    for _ in range(n - 1):
        nearest = distance.gather(1, taken[:, :, None].expand(-1, -1, k)).amin(1)
        share = nearest / nearest.amax(1, keepdim=True).clamp_min(1e-6)
        score = (1 - diversity) * rank + diversity * share
        taken = torch.cat([taken, score.scatter(1, taken, -1.0).argmax(1, keepdim=True)], 1)
    return taken.sort(1).values
