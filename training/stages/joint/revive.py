"""Units of the decoder's code MLP that never fire, and a second chance for them.

A ReLU that fires for no code gets no gradient and stays silent for good: in v2 105 of 128 units did, and
nothing in the log told (docs/history.md).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.vae import ColorDecoder, ModulatedConv

from ...data.batches import load_batch
from ...data.cache import Cache

_FIRES = 0.005  # of the codes, at least; below, a unit counts as silent
_CODES = 2000


@torch.inference_mode()
def _fires(decoder: ColorDecoder, codes: Tensor) -> Tensor:
    """Share of the codes (n,d) for which each unit of the code MLP's last layer is above zero."""
    made: Tensor = decoder.code(codes)
    return (made > 0).float().mean(0)


def alive(decoder: nn.Module, codes: Tensor) -> float:
    """Share of the code MLP's last units that fire for some of `codes`; 1 for decoders without that MLP."""
    if not isinstance(decoder, ColorDecoder):
        return 1.0
    return (_fires(decoder, codes) >= _FIRES).float().mean().item()


@torch.no_grad()
def revive(net: ColorNet, cache: Cache, seed: int = 0) -> int:
    """Let silent units fire for half of the codes: those of a cache's held-out photos and draws of N(0,1).

    Nothing listens to them at first, so the network computes what it did before. Returns their number, 0
    for decoders that have no code MLP.
    """
    decoder = net.decoder
    if not isinstance(decoder, ColorDecoder):
        return 0
    generator = torch.Generator().manual_seed(seed)
    rows = cache.rows(held_out=True)[:_CODES]
    fields = load_batch(cache, rows, net.config.field, features=False).field
    means, _ = net.eval().encoder(fields)
    codes = torch.cat([means, torch.randn(_CODES, net.config.z_dim, generator=generator)])
    silent = _fires(decoder, codes) < _FIRES
    before, last = decoder.code[:2], decoder.code[2]
    assert isinstance(last, nn.Linear)
    heard = last.weight[~silent]
    spread = heard.std() if len(heard) else last.in_features**-0.5
    weights = torch.randn(int(silent.sum()), last.in_features, generator=generator) * spread
    last.weight[silent] = weights
    last.bias[silent] = -(before(codes) @ weights.T).median(0).values
    modulations = [m.modulation for m in decoder.modules() if isinstance(m, ModulatedConv)]
    for listener in (decoder.gate, *modulations):
        listener.weight[:, silent] = 0.0
    return len(weights)
