"""Both stages at once: VAE and MDN trained on the same batch, starting from weights that exist.

Fine-tuning goes this way, and so do the last hours of the weights that ship. Stage 2 after stage 1 would
read every photo twice and leave the two apart: here the MDN follows the codes while the encoder still
moves, and the variants themselves are compared with the truth.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.fusing import fused
from colorize_cli.model.mixture import log_prob, modes
from colorize_cli.model.network import ColorNet
from colorize_cli.model.vae import reparameterize

from . import losses
from .baselines.discriminator import fake, judged_by_a_frozen, real
from .batches import Batch, area_resize, in_batches, load_batch
from .cache import Cache
from .checkpoint import load_checkpoint
from .draw import Draw
from .judge import Judge
from .late_stages import LateStages
from .metrics import Errors
from .options import JointOptions, VAEOptions
from .perceptual import Perceptual
from .revive import alive
from .runtime import device_of
from .vae import field_histogram

Floats = NDArray[np.float64]
_VARIANTS = 5
# Decoding is most of a step. Every photo is decoded from the best of its modes, others for a share of them.
_OWN_SHARE, _ANY_SHARE, _FIRST_SHARE = 1 / 3, 1 / 6, 1 / 4
_ORDER_SHARE = 1 / 4  # of the photos, whose other modes are decoded, too


class Joint(nn.Module):
    """The parts of a `ColorNet` that are trained, under the same names, and, if asked for, a judge.

    The backbone's late stages learn at `backbone_rate` times the learning rate of the others.
    """

    def __init__(self, net: ColorNet, *, judged: bool = False, backbone_rate: float = 0.0) -> None:
        super().__init__()
        self.encoder, self.decoder, self.mdn = net.encoder, net.decoder, net.mdn
        self.backbone = LateStages(net.backbone, trained=backbone_rate > 0.0)
        self.rates = {"backbone.": backbone_rate} if backbone_rate > 0.0 else {}
        self.judge = Judge() if judged else None


def is_judged(checkpoint: Path) -> bool:
    """Whether a checkpoint of a `Joint` holds a judge, too."""
    return any(name.startswith("module.judge.") for name in load_checkpoint(checkpoint)["average"])


@torch.inference_mode()
def _measured(module: Joint, cache: Cache, rows: NDArray[np.int64], config: ModelConfig) -> Floats:
    """(6, photos): errors of best, first and all of five modes, of grey; mean cast; chroma of the first."""
    parts = []
    for part in in_batches(rows, 64):
        batch = load_batch(cache, part, config.field).to(device_of(module))
        features = module.backbone(batch.features)
        skips = module.decoder.skips(batch.grey, features)
        codes = modes(module.mdn(features))[0][:, :_VARIANTS].unbind(1)
        fields = torch.stack([module.decoder(z, skips) * config.saturation for z in codes], dim=1)
        error = (fields - batch.field[:, None]).abs().mean((2, 3, 4))
        energy = fields.square().sum(2).mean((2, 3)).clamp_min(1e-8)
        cast = (fields.mean((3, 4)).square().sum(2) / energy).mean(1)
        grey = batch.field.abs().mean((1, 2, 3))
        chroma = losses.chroma(fields[:, 0]) / losses.chroma(batch.field).clamp_min(1e-3)
        parts.append(torch.stack([error.min(1).values, error[:, 0], error.mean(1), grey, cast, chroma]))
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
    perceptual: Perceptual | None = None,
) -> tuple[Tensor, dict[str, float]]:
    """The loss of the VAE (objective `photo`), the code's likelihood, and the errors of delivered variants.

    `weights` are those of the colour bins; variants are compared as they are delivered, at `saturation`.
    """
    mu, log_var = module.encoder(batch.field.contiguous(memory_format=torch.channels_last))
    z = reparameterize(mu, log_var, draw.normal(*mu.shape))
    keep = (draw.uniform(len(z), 1).to(z) >= options.zero_code).to(z)
    features = module.backbone(batch.features)
    skips = module.decoder.skips(batch.grey, features)
    mixture = module.mdn(features)
    codes, log_pi = modes(mixture)
    quick = _quick(module.decoder)
    distances = _distances(quick, codes[:, :_VARIANTS], skips, batch.field, saturation)
    first, best, any_one = _delivered(codes, distances, draw)
    shares = _OWN_SHARE, 1.0, _ANY_SHARE, _FIRST_SHARE if joint.first_weight > 0.0 else 0.0
    rows = [_part(len(z), share, draw).to(z.device) for share in shares]
    chosen = [code[part] for code, part in zip((z * keep, best, any_one, first), rows, strict=True)]

    # One pass, so that batch norm sees codes of all kinds together, as one network has to serve them.
    photos = torch.cat(rows)
    made = module.decoder(torch.cat(chosen), [skip[photos] for skip in skips])
    made = torch.cat([made[: len(rows[0])], made[len(rows[0]) :] * saturation])
    fields = torch.split(made, [len(part) for part in rows])
    truths = [batch.field[part] for part in rows]
    pairs = list(zip(fields, truths, strict=True))
    errors = [_error(*pair, options, weights.to(mu)) for pair in pairs]

    kl = losses.kl(mu, log_var)
    # The likelihood teaches the MDN alone, or the encoder would make codes that are easy to guess.
    nll = -log_prob(mixture, z.detach()).mean() / z.shape[1]
    total = errors[0] + options.kl_weight * kl + joint.mdn_weight * nll
    terms = (joint.best_weight, joint.any_weight, joint.first_weight)
    total = total + sum(weight * error for weight, error in zip(terms, errors[1:], strict=True))
    total = total + joint.cast_weight * sum(_excess_of_cast(*pair) for pair in pairs[1:])
    # Not of the best: of five variants it has the colourfulness of the truth by having been chosen.
    for weight, measure in (
        (joint.chroma_weight, losses.chroma),
        (joint.colourfulness_weight, losses.colourfulness),
    ):
        total = total + weight * sum(_difference(measure, *pair) for pair in pairs[2:])
    figures = dict(zip(("own", "best", "any", "first"), errors, strict=True)) | {"kl": kl, "nll": nll}
    if joint.order_weight > 0.0:
        part = _part(len(z), _ORDER_SHARE, draw).to(z.device)
        some = [skip[part] for skip in skips]
        others = _distances(quick, codes[part, _VARIANTS:], some, batch.field[part], saturation)
        nearest = torch.cat([distances[part], others], dim=1).argmin(1)
        figures |= {"order": F.nll_loss(log_pi[part], nearest)}
        total = total + joint.order_weight * figures["order"]
    if perceptual is not None:
        # What the decoder can do, and what is seen first; the best has been chosen by its error.
        seen = sum(perceptual(batch.grey[rows[i]], *pairs[i]) for i in (0, 3) if len(rows[i]))
        total = total + joint.perceptual_weight * seen
        figures |= {"seen": torch.as_tensor(seen)}
    if module.judge is not None:
        deceived, judged = _judged(module.judge, batch, fields[2], rows[2])
        total = total + joint.judge_weight * deceived + 0.5 * judged
        figures |= {"deceived": deceived, "judged": judged}
    return total, {name: figure.item() for name, figure in figures.items()}


def _part(count: int, share: float, draw: Draw) -> Tensor:
    """Indices of a share of the photos by chance, one at least unless the share is 0."""
    kept = max(1, round(share * count)) if share else 0
    return draw.uniform(count).argsort()[:kept].sort().values


def _error(made: Tensor, truth: Tensor, options: VAEOptions, weights: Tensor) -> Tensor:
    if not len(made):
        return made.sum()
    hist, gradient = losses.hist(made, truth, weights), losses.gradient(made, truth)
    return options.hist_weight * hist + options.gradient_weight * gradient


def _excess_of_cast(made: Tensor, truth: Tensor) -> Tensor:
    """Likelihood likes variants that differ by a tint; true photographs are not of one tint."""
    return torch.relu(losses.cast(made) - losses.cast(truth)).sum() / max(1, len(made))


def _difference(measure: Callable[[Tensor], Tensor], made: Tensor, truth: Tensor) -> Tensor:
    """Where colour is undecided the least error is grey: what a whole photo has can still be right."""
    return (measure(made) - measure(truth)).abs().sum() / max(1, len(made))


def _judged(judge: Judge, batch: Batch, made: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """How far the judge is from taking made fields for true, and its own errors on true and made ones."""
    grey = area_resize(batch.grey, made.shape[-1]) - 0.5
    deceived = real(judged_by_a_frozen(judge, grey[rows], made))
    return deceived, real(judge(grey, batch.field)) + fake(judge(grey[rows], made.detach()))


def _quick(decoder: nn.Module) -> nn.Module:
    """A copy for passes without gradient, whose batch norms are folded away: a third of their time."""
    return fused(copy.deepcopy(decoder).eval())


@torch.no_grad()
def _distances(
    decoder: nn.Module, codes: Tensor, skips: list[Tensor], truth: Tensor, saturation: float
) -> Tensor:
    """(B,K,d) codes -> (B,K) errors of what they decode to, as delivered."""
    fields = (decoder(z, skips) * saturation for z in codes.unbind(1))
    errors = [(field - truth).abs().mean((1, 2, 3)) for field in fields]
    return torch.stack(errors, dim=1) if errors else truth.new_empty(len(truth), 0)


def _delivered(codes: Tensor, distances: Tensor, draw: Draw) -> tuple[Tensor, Tensor, Tensor]:
    """Of each photo's modes (B,M,d) the first, of those with a distance (B,K) the least and a chance one."""
    photos = torch.arange(len(codes))
    chance = (draw.uniform(len(codes)) * distances.shape[1]).long().to(distances.device)
    return codes[:, 0], codes[photos, distances.argmin(1)], codes[photos, chance]


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
        judged = self.joint.judge_weight > 0.0
        self.module = Joint(net, judged=judged, backbone_rate=self.joint.backbone_rate)
        self.config, self.side = net.config, net.config.field
        self.cache, self.options = cache, options
        self.held_out = cache.rows(held_out=True) if held_out is None else held_out
        self.perceptual = Perceptual() if self.joint.perceptual_weight > 0.0 else None
        self.weights = losses.hist_weights(field_histogram(cache), options.hist_strength)

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """See `joint_loss`."""
        saturation = self.config.saturation
        perceptual = None if self.perceptual is None else self.perceptual.to(batch.field.device)
        return joint_loss(
            self.module, batch, draw, self.options, self.joint, self.weights, saturation, perceptual
        )

    def validate(self, module: Joint) -> dict[str, float]:
        """Errors over grey's, mean cast, the first variant's chroma over the truth's; on held-out rows."""
        measured = _measured(module, self.cache, self.held_out, self.config)
        best, first, mean, grey, cast, _ = measured.mean(1).tolist()
        ratios = {"eob": best / grey, "top1": first / grey, "mean": mean / grey}
        chroma = {"cast": cast, "chroma1": float(np.median(measured[5]))}
        return ratios | chroma | self._health(module)

    @torch.inference_mode()
    def _health(self, module: Joint) -> dict[str, float]:
        """How far the means of the mixture differ from photo to photo, and `revive.alive`.

        Both have been near 0 without any loss telling: an MDN blind for photos, a decoder deaf for codes.
        """
        batch = load_batch(self.cache, self.held_out[:64], self.side).to(device_of(module))
        means = module.mdn(module.backbone(batch.features)).mu
        codes, _ = module.encoder(batch.field)
        return {
            "mu_std": float(means.std(0, correction=0).mean()),
            "code_alive": alive(module.decoder, codes),
        }
