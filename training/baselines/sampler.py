"""Baselines that draw many colourings and deliver the centres of their clusters (paper, sec. 6.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from colorize_cli.image.colour.view import view
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.networks.vae import AB_SCALE
from colorize_cli.model.weights import WeightsInfo

from .clusters import centres

SAMPLES = 256  # per photo, as in the paper
_TOGETHER = 64  # decoded in one batch


class Sampler(nn.Module):
    """What every baseline is."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config

    def sample(self, grey: Tensor, n: int, generator: torch.Generator) -> Tensor:
        """The grey view (1,1,v,v) of one photo -> n colour fields (n,2,f,f), ab / 128."""
        raise NotImplementedError


@torch.inference_mode()
def draw_fields(sampler: Sampler, grey: Tensor, n: int, generator: torch.Generator) -> NDArray[np.float32]:
    """n fields (n,2,f,f), ab / 128, for the grey view (1,1,v,v) of one photo."""
    parts = [min(_TOGETHER, n - start) for start in range(0, n, _TOGETHER)]
    return np.concatenate([sampler.sample(grey, part, generator).cpu().numpy() for part in parts])


class SamplerMethod:
    """A baseline as something to measure (`Method` of `measure.methods`)."""

    def __init__(self, sampler: Sampler, info: WeightsInfo, samples: int = SAMPLES) -> None:
        self.info = info
        self.sampler, self._samples = sampler, samples

    def fields(
        self, greys: Sequence[NDArray[np.uint8]], keys: Sequence[str], n: int, seed: int = 0
    ) -> list[NDArray[np.float32]]:
        """Grey photos (H,W) -> of each the n cluster centres (n,2,f,f) in CIELAB units, largest first."""
        return [self._centres(*photo, n, seed) for photo in zip(greys, keys, strict=True)]

    def _centres(self, grey: NDArray[np.uint8], key: str, n: int, seed: int) -> NDArray[np.float32]:
        digest = hashlib.sha256(f"{key}:{seed}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
        seen = torch.from_numpy(view(grey, self.sampler.config.view))[None, None]
        drawn = draw_fields(self.sampler, seen, self._samples, generator)
        return centres(drawn, n) * np.float32(AB_SCALE)
