"""Both stages at once: VAE and MDN trained on the same batch, starting from weights that exist.

Fine-tuning goes this way, and so do the last hours of the weights that ship. Stage 2 after stage 1 would
read every photo twice and leave the two apart: here the MDN follows the codes while the encoder still
moves, and the variants themselves are compared with the truth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import Mixture, log_prob, modes
from colorize_cli.model.network import ColorNet
from colorize_cli.model.vae import reparameterize

from . import losses
from .baselines.discriminator import fake, judged_by_a_frozen, real
from .batches import Batch, area_resize, in_batches, load_batch
from .cache import Cache
from .checkpoint import load_checkpoint
from .draw import Draw
from .judge import Judge
from .metrics import Errors
from .options import JointOptions, VAEOptions
from .runtime import device_of
from .vae import field_histogram

Floats = NDArray[np.float64]
_VARIANTS = 5
# Decoding is most of a step. Every photo is decoded from the best of its modes, half of them from their
# own code, a third from any mode: 27 % less work than all from all three.
_OWN_SHARE, _ANY_SHARE = 1 / 2, 1 / 3


class Joint(nn.Module):
    """The parts of a `ColorNet` that are trained, under the same names, and, if asked for, a judge."""

    def __init__(self, net: ColorNet, *, judged: bool = False) -> None:
        super().__init__()
        self.encoder, self.decoder, self.mdn = net.encoder, net.decoder, net.mdn
        self.judge = Judge() if judged else None


def is_judged(checkpoint: Path) -> bool:
    """Whether a checkpoint of a `Joint` holds a judge, too."""
    return any(name.startswith("module.judge.") for name in load_checkpoint(checkpoint)["average"])


@torch.inference_mode()
def _measured(module: Joint, cache: Cache, rows: NDArray[np.int64], config: ModelConfig) -> Floats:
    """(5, photos): error of the best, the first and the mean of five modes, of grey, and the mean cast."""
    parts = []
    for part in in_batches(rows, 64):
        batch = load_batch(cache, part, config.field).to(device_of(module))
        skips = module.decoder.skips(batch.grey, batch.features)
        codes = modes(module.mdn(batch.features))[0][:, :_VARIANTS].unbind(1)
        fields = torch.stack([module.decoder(z, skips) * config.saturation for z in codes], dim=1)
        error = (fields - batch.field[:, None]).abs().mean((2, 3, 4))
        energy = fields.square().sum(2).mean((2, 3)).clamp_min(1e-8)
        cast = (fields.mean((3, 4)).square().sum(2) / energy).mean(1)
        grey = batch.field.abs().mean((1, 2, 3))
        parts.append(torch.stack([error.min(1).values, error[:, 0], error.mean(1), grey, cast]))
    measured: Floats = torch.cat(parts, dim=1).cpu().double().numpy()
    return measured


def field_errors(module: Joint, cache: Cache, rows: NDArray[np.int64], config: ModelConfig) -> Errors:
    """Errors of the first five modes on cached photos, at the size of the colour field."""
    return Errors(*_measured(module, cache, rows, config)[:4])


def joint_loss(
    module: Joint,
    batch: Batch,
    draw: Draw,
    options: VAEOptions,
    joint: JointOptions,
    weights: Tensor,
    saturation: float = 1.0,
) -> tuple[Tensor, dict[str, float]]:
    """The loss of the VAE (objective `photo`), the code's likelihood, and the errors of delivered variants.

    `weights` are those of the colour bins; variants are compared as they are delivered, at `saturation`.
    """
    mu, log_var = module.encoder(batch.field.contiguous(memory_format=torch.channels_last))
    z = reparameterize(mu, log_var, draw.normal(*mu.shape))
    keep = (draw.uniform(len(z), 1).to(z) >= options.zero_code).to(z)
    skips = module.decoder.skips(batch.grey, batch.features)
    mixture = module.mdn(batch.features)
    best, any_one = _best_and_any(module, mixture, skips, batch.field, saturation, draw)
    own, some = (_part(len(z), share, draw).to(z.device) for share in (_OWN_SHARE, _ANY_SHARE))

    # One pass, so that batch norm sees codes of all kinds together, as one network has to serve them.
    photos = torch.cat([own, torch.arange(len(z), device=z.device), some])
    codes = torch.cat([(z * keep)[own], best, any_one[some]])
    made = module.decoder(codes, [skip[photos] for skip in skips])
    made = torch.cat([made[: len(own)], made[len(own) :] * saturation])
    sizes = [len(own), len(z), len(some)]
    parts = torch.split(made, sizes)
    own_error, best_error, any_error = (
        _error(field, batch.field[rows], options, weights.to(mu))
        for field, rows in zip(parts, torch.split(photos, sizes), strict=True)
    )

    kl = losses.kl(mu, log_var)
    # The likelihood teaches the MDN alone, or the encoder would make codes that are easy to guess.
    nll = -log_prob(mixture, z.detach()).mean() / z.shape[1]
    total = own_error + options.kl_weight * kl + joint.mdn_weight * nll
    total = total + joint.best_weight * best_error + joint.any_weight * any_error
    total = total + joint.cast_weight * sum(
        _excess_of_cast(field, batch.field[rows])
        for field, rows in zip(parts[1:], torch.split(photos, sizes)[1:], strict=True)
    )
    figures = {"own": own_error.item(), "best": best_error.item(), "kl": kl.item(), "nll": nll.item()}
    if module.judge is None:
        return total, figures
    deceived, judged = _judged(module.judge, batch, parts[2], some)
    total = total + joint.judge_weight * deceived + 0.5 * judged
    return total, figures | {"deceived": deceived.item(), "judged": judged.item()}


def _part(count: int, share: float, draw: Draw) -> Tensor:
    """Indices of a share of the photos by chance, one at least."""
    return draw.uniform(count).argsort()[: max(1, round(share * count))].sort().values


def _error(made: Tensor, truth: Tensor, options: VAEOptions, weights: Tensor) -> Tensor:
    hist, gradient = losses.hist(made, truth, weights), losses.gradient(made, truth)
    return options.hist_weight * hist + options.gradient_weight * gradient


def _excess_of_cast(made: Tensor, truth: Tensor) -> Tensor:
    """Likelihood likes variants that differ by a tint; true photographs are not of one tint."""
    return torch.relu(losses.cast(made) - losses.cast(truth)).mean()


def _judged(judge: Judge, batch: Batch, made: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """How far the judge is from taking made fields for true, and its own errors on true and made ones."""
    grey = area_resize(batch.grey, made.shape[-1]) - 0.5
    deceived = real(judged_by_a_frozen(judge, grey[rows], made))
    return deceived, real(judge(grey, batch.field)) + fake(judge(grey[rows], made.detach()))


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
        self,
        net: ColorNet,
        cache: Cache,
        options: VAEOptions,
        joint: JointOptions | None = None,
        held_out: NDArray[np.int64] | None = None,
    ) -> None:
        self.joint = JointOptions() if joint is None else joint
        self.module = Joint(net, judged=self.joint.judge_weight > 0.0)
        self.config, self.side = net.config, net.config.field
        self.cache, self.options = cache, options
        self.held_out = cache.rows(held_out=True) if held_out is None else held_out
        self.weights = losses.hist_weights(field_histogram(cache), options.hist_strength)

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """See `joint_loss`."""
        return joint_loss(
            self.module, batch, draw, self.options, self.joint, self.weights, self.config.saturation
        )

    def validate(self, module: Joint) -> dict[str, float]:
        """Errors on the held-out rows as ratios to grey, and the mean cast of the variants."""
        best, first, mean, grey, cast = (
            _measured(module, self.cache, self.held_out, self.config).mean(1).tolist()
        )
        return {"eob": best / grey, "top1": first / grey, "mean": mean / grey, "cast": cast}
