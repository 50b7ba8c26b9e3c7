"""Both stages at once: VAE and MDN trained on the same batch, starting from weights that exist.

Fine-tuning goes this way. Stage 2 after stage 1 would read every photo twice and leave the two apart:
here the MDN follows the codes while the encoder still moves.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import log_prob, modes
from colorize_cli.model.network import ColorNet
from colorize_cli.model.vae import reparameterize

from . import losses
from .batches import Batch, in_batches, load_batch
from .cache import Cache
from .draw import Draw
from .metrics import Errors
from .options import VAEOptions
from .vae import field_histogram

_MDN_WEIGHT = 0.02  # of the likelihood beside the VAE's loss; their networks share no parameter
_VARIANTS = 5


class Joint(nn.Module):
    """The parts of a `ColorNet` that are trained, under the same names."""

    def __init__(self, net: ColorNet) -> None:
        super().__init__()
        self.encoder, self.decoder, self.mdn = net.encoder, net.decoder, net.mdn


@torch.inference_mode()
def field_errors(module: Joint, cache: Cache, rows: NDArray[np.int64], config: ModelConfig) -> Errors:
    """Errors of the first five modes on cached photos, at the size of the colour field."""
    parts = []
    for part in in_batches(rows, 64):
        batch = load_batch(cache, part, config.field)
        skips = module.decoder.skips(batch.grey, batch.features)
        codes = modes(module.mdn(batch.features))[0][:, :_VARIANTS].unbind(1)
        fields = [module.decoder(z, skips) * config.saturation for z in codes]
        error = torch.stack([(field - batch.field).abs().mean((1, 2, 3)) for field in fields], dim=1)
        grey = batch.field.abs().mean((1, 2, 3))
        parts.append(torch.stack([error.min(1).values, error[:, 0], error.mean(1), grey]))
    return Errors(*torch.cat(parts, dim=1).double().numpy())


def vae_and_mdn_loss(
    module: Joint, batch: Batch, draw: Draw, options: VAEOptions, weights: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """The loss of the VAE (objective `photo`) plus the code's likelihood, which teaches the MDN alone."""
    mu, log_var = module.encoder(batch.field.contiguous(memory_format=torch.channels_last))
    z = reparameterize(mu, log_var, draw.normal(*mu.shape))
    keep = (draw.uniform(len(z), 1).to(z) >= options.zero_code).to(z)
    out = module.decoder(z * keep, module.decoder.skips(batch.grey, batch.features))
    hist = options.hist_weight * losses.hist(out, batch.field, weights.to(out))
    gradient = options.gradient_weight * losses.gradient(out, batch.field)
    kl = losses.kl(mu, log_var)
    nll = -log_prob(module.mdn(batch.features), z.detach()).mean() / z.shape[1]
    total = hist + gradient + options.kl_weight * kl + _MDN_WEIGHT * nll
    return total, {"hist": hist.item(), "gradient": gradient.item(), "kl": kl.item(), "nll": nll.item()}


class JointTask:
    """Loss and validation of both stages together, on rows of a cache."""

    name = "joint"
    score = "eob"
    needs_features = True

    def __init__(
        self, net: ColorNet, cache: Cache, options: VAEOptions, held_out: NDArray[np.int64] | None = None
    ) -> None:
        self.module = Joint(net)
        self.config, self.side = net.config, net.config.field
        self.cache, self.options = cache, options
        self.held_out = cache.rows(held_out=True) if held_out is None else held_out
        self.weights = losses.hist_weights(field_histogram(cache), options.hist_strength)

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """See `vae_and_mdn_loss`."""
        return vae_and_mdn_loss(self.module, batch, draw, self.options, self.weights)

    def validate(self, module: Joint) -> dict[str, float]:
        """Errors on the held-out rows as ratios to grey."""
        errors = field_errors(module, self.cache, self.held_out, self.config)
        grey = errors.grey.mean()
        ratios = {"eob": errors.best, "top1": errors.first, "mean": errors.mean}
        return {name: float(error.mean() / grey) for name, error in ratios.items()}
