"""What a baseline's samples are worth on held-out photos, while it trains."""

from __future__ import annotations

import numpy as np
import torch

from ..data.batches import in_batches, load_batch
from ..data.cache import Cache
from ..loop.runtime import device_of
from .clusters import centres
from .sampler import Sampler, draw_fields

_EVERY = 16  # of the held-out photos
_SAMPLES = 32
_CENTRES = 5


def sample_figures(sampler: Sampler, cache: Cache) -> dict[str, float]:
    """Errors as ratios to grey: best of five centres, all samples, their mean picture; and spread."""
    sums = dict.fromkeys(("eob", "samples", "mean", "var", "grey"), 0.0)
    rows = cache.rows(held_out=True)[::_EVERY]
    generator = torch.Generator().manual_seed(0)
    for row in in_batches(rows, 1):
        batch = load_batch(cache, row, sampler.config.field, features=False)
        truth = batch.field[0].numpy()
        drawn = draw_fields(sampler, batch.grey.to(device_of(sampler)), _SAMPLES, generator)
        sums["eob"] += float(np.abs(centres(drawn, _CENTRES) - truth).mean(axis=(1, 2, 3)).min())
        sums["samples"] += float(np.abs(drawn - truth).mean())
        sums["mean"] += float(np.abs(drawn.mean(axis=0) - truth).mean())
        sums["var"] += float(drawn.var(axis=0).mean())
        sums["grey"] += float(np.abs(truth).mean())
    grey, var = sums.pop("grey"), sums.pop("var") / max(1, len(rows))
    return {name: value / grey for name, value in sums.items()} | {"var": var}
