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
from colorize_cli.model.mixture import Mixture, log_prob, modes
from colorize_cli.model.network import ColorNet
from colorize_cli.model.vae import reparameterize

from . import losses
from .batches import Batch, in_batches, load_batch
from .cache import Cache
from .draw import Draw
from .metrics import Errors
from .options import VAEOptions
from .runtime import device_of
from .vae import field_histogram

_MDN_WEIGHT = 0.02  # of the likelihood beside the VAE's loss; their networks share no parameter
# Of the best variant's error: likelihood alone spreads the modes over codes, this over pictures.
_BEST_WEIGHT = 1.0
# Of any variant's error. Without it nobody minds the others: after 300 steps on houses the mean error of
# five variants stood at 1.26 of grey.
_ANY_WEIGHT = 0.3
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
        batch = load_batch(cache, part, config.field).to(device_of(module))
        skips = module.decoder.skips(batch.grey, batch.features)
        codes = modes(module.mdn(batch.features))[0][:, :_VARIANTS].unbind(1)
        fields = [module.decoder(z, skips) * config.saturation for z in codes]
        error = torch.stack([(field - batch.field).abs().mean((1, 2, 3)) for field in fields], dim=1)
        grey = batch.field.abs().mean((1, 2, 3))
        parts.append(torch.stack([error.min(1).values, error[:, 0], error.mean(1), grey]))
    return Errors(*torch.cat(parts, dim=1).cpu().double().numpy())


def joint_loss(
    module: Joint, batch: Batch, draw: Draw, options: VAEOptions, weights: Tensor, saturation: float = 1.0
) -> tuple[Tensor, dict[str, float]]:
    """The loss of the VAE (objective `photo`), the code's likelihood, and the error of the best variant."""
    mu, log_var = module.encoder(batch.field.contiguous(memory_format=torch.channels_last))
    z = reparameterize(mu, log_var, draw.normal(*mu.shape))
    keep = (draw.uniform(len(z), 1).to(z) >= options.zero_code).to(z)
    skips = module.decoder.skips(batch.grey, batch.features)
    mixture = module.mdn(batch.features)
    weights = weights.to(mu)

    out = module.decoder(z * keep, skips)
    hist = options.hist_weight * losses.hist(out, batch.field, weights)
    gradient = options.gradient_weight * losses.gradient(out, batch.field)
    kl = losses.kl(mu, log_var)
    # The likelihood teaches the MDN alone, or the encoder would make codes that are easy to guess.
    nll = -log_prob(mixture, z.detach()).mean() / z.shape[1]
    best, any_one = _best_and_any(module, mixture, skips, batch.field, saturation, draw)
    best_hist, any_hist = (
        losses.hist(module.decoder(code, skips) * saturation, batch.field, weights)
        for code in (best, any_one)
    )
    total = hist + gradient + options.kl_weight * kl + _MDN_WEIGHT * nll
    total = total + _BEST_WEIGHT * best_hist + _ANY_WEIGHT * any_hist
    return total, {"hist": hist.item(), "kl": kl.item(), "nll": nll.item(), "best": best_hist.item()}


def _best_and_any(
    module: Joint, mixture: Mixture, skips: list[Tensor], truth: Tensor, saturation: float, draw: Draw
) -> tuple[Tensor, Tensor]:
    """Of each photo's first five modes the one nearest to the truth in colour, and one by chance, (B,d)."""
    codes = modes(mixture)[0][:, :_VARIANTS]
    training = module.decoder.training
    module.decoder.eval()
    with torch.no_grad():
        fields = [module.decoder(z, skips) * saturation for z in codes.unbind(1)]
        error = torch.stack([(field - truth).abs().mean((1, 2, 3)) for field in fields], dim=1)
    module.decoder.train(training)
    photos = torch.arange(len(codes))
    chance = (draw.uniform(len(codes)) * codes.shape[1]).long().to(error.device)
    return codes[photos, error.argmin(1)], codes[photos, chance]


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
        """See `joint_loss`."""
        return joint_loss(self.module, batch, draw, self.options, self.weights, self.config.saturation)

    def validate(self, module: Joint) -> dict[str, float]:
        """Errors on the held-out rows as ratios to grey."""
        errors = field_errors(module, self.cache, self.held_out, self.config)
        grey = errors.grey.mean()
        ratios = {"eob": errors.best, "top1": errors.first, "mean": errors.mean}
        return {name: float(error.mean() / grey) for name, error in ratios.items()}
