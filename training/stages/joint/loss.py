"""The loss of both stages at once: of the VAE, of the MDN, and of what is delivered of both."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import log_prob, modes
from colorize_cli.model.networks.fusion import fused
from colorize_cli.model.networks.paper import PaperDecoder
from colorize_cli.model.networks.vae import AB_SCALE, ColorDecoder, reparameterize
from colorize_cli.model.variants.choosing import choose
from colorize_cli.model.variants.saturation import mean_chroma, saturated, saturations

from ...data.batches import Batch, area_resize
from ...loop.task import Draw
from ...losses import photo
from ...losses.perceptual import Perceptual
from ...options import JointOptions, VAEOptions
from .network import JointNet

VARIANTS = 5
# Of decoded codes: the encoder's own; of the variants the best, one by chance, the first.
KINDS = ("own", "best", "any", "first")
# Decoding is most of a step. Every photo is decoded from the best of its modes, others for a share of them.
_OWN_SHARE, _ANY_SHARE, _FIRST_SHARE = 1 / 3, 1 / 6, 1 / 4


@dataclass(frozen=True)
class Recipe:
    """What decides the loss beside module and batch; `weights` are those of colour bins, by kind.

    Variants are compared as they are delivered, at the saturations of `config`.
    """

    vae: VAEOptions
    joint: JointOptions
    weights: Mapping[str, Tensor]
    config: ModelConfig
    perceptual: Perceptual | None = None


@dataclass(frozen=True)
class Decoding:
    """Colour fields made for some `rows` of a batch, and the true ones."""

    rows: Tensor
    field: Tensor
    truth: Tensor

    def mean(self, measure: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """Mean over the photos of a measure (B,) of made and true fields; 0 for none."""
        return measure(self.field, self.truth).sum() / max(1, len(self.rows))


def joint_loss(module: JointNet, batch: Batch, draw: Draw, recipe: Recipe) -> tuple[Tensor, dict[str, float]]:
    """The loss of the VAE (objective `photo`), the code's likelihood, and that of delivered variants."""
    o, joint = recipe.vae, recipe.joint
    mu, log_var = module.encoder(batch.field.contiguous(memory_format=torch.channels_last))
    z = reparameterize(mu, log_var, draw.normal(*mu.shape))
    keep = (draw.uniform(len(z), 1).to(z) >= o.zero_code).to(z)
    features = module.backbone(batch.features)
    skips = module.decoder.skips(batch.grey, features)
    mixture = module.mdn(features)
    codes, distances, factors = choose_codes(
        module.decoder, modes(mixture)[0], skips, batch.field, recipe.config
    )
    kinds = {"own": (z * keep, torch.ones_like(z[:, 0]))}
    kinds |= variant_codes(codes, distances, factors, draw)
    made = decode_kinds(module, batch, skips, kinds, draw, recipe)

    kl = photo.kl(mu, log_var)
    # The likelihood teaches the MDN alone, or the encoder would make codes that are easy to guess.
    nll = -log_prob(mixture, z.detach()).mean() / z.shape[1]
    errors = {name: _error(one, recipe.weights[name], recipe.vae) for name, one in made.items()}
    total = errors["own"] + o.kl_weight * kl + joint.mdn_weight * nll + _variant_terms(errors, made, joint)
    figures = errors | {"kl": kl, "nll": nll}
    if recipe.perceptual is not None:
        figures["seen"] = _perceptual_term(recipe.perceptual, batch, made)
        total = total + joint.perceptual_weight * figures["seen"]
    return total, {name: figure.item() for name, figure in figures.items()}


def _quick(decoder: nn.Module) -> nn.Module:
    """A copy for passes without gradient, whose batch norms are folded away: fewer passes over memory."""
    return fused(copy.deepcopy(decoder).eval())


def deliver(
    decoder: nn.Module, codes: Tensor, skips: list[Tensor], config: ModelConfig
) -> tuple[Tensor, Tensor]:
    """(B,K,d) codes of candidates in order -> fields (B,K,2,f,f) as delivered, and saturations (B,K)."""
    fields = torch.stack([decoder(z, skips) for z in codes.unbind(1)], 1)
    factors = saturations(fields * AB_SCALE, config)
    return saturated(fields, factors), factors


def candidates_of(codes: Tensor, config: ModelConfig) -> Tensor:
    """(B,M,d) modes by weight -> those that have to be decoded: without diversity the first five."""
    return codes if config.diversity else codes[:, :VARIANTS]


def variants_of(fields: Tensor, config: ModelConfig) -> Tensor:
    """(B,M,2,f,f) of candidates as delivered, by weight -> indices (B,5) of those that are variants."""
    modes_ = fields.shape[1]
    return choose(fields * AB_SCALE, min(VARIANTS, modes_), config.diversity, modes_)


def choose_codes(
    decoder: ColorDecoder | PaperDecoder,
    codes: Tensor,
    skips: list[Tensor],
    truth: Tensor,
    config: ModelConfig,
) -> tuple[Tensor, Tensor, Tensor]:
    """(B,M,d) modes -> codes (B,5,d) of variants, errors of what they decode to as delivered, saturations.

    Decoded with nothing finer than stride 16 of the view: full decodes only to find the best were 40 % of
    a step. So they take .38 of the time, 92 % of 192 photos get the same best, and the error of what is
    taken is .5 % higher (v4).
    """
    with torch.no_grad():
        maps = decoder.coarse(skips, 1)
        fields, factors = deliver(_quick(decoder), candidates_of(codes, config), maps, config)
        errors = (fields - area_resize(truth, fields.shape[-1])[:, None]).abs().mean((2, 3, 4))
        taken = variants_of(fields, config)
    codes = torch.take_along_dim(codes, taken[:, :, None], 1)
    return codes, errors.gather(1, taken), factors.gather(1, taken)


_Codes = tuple[Tensor, Tensor]  # (B,d), and the factor (B,) on what each decodes to


def variant_codes(codes: Tensor, distances: Tensor, factors: Tensor, draw: Draw) -> dict[str, _Codes]:
    """Of each photo's variants (B,K,d) the first, the one of the least distance (B,K), and one by chance."""
    photos, variants = distances.shape
    chance = (draw.uniform(photos) * variants).long().to(distances.device)
    ranks = {"best": distances.argmin(1), "any": chance, "first": torch.zeros_like(chance)}
    rows = torch.arange(photos)
    return {name: (codes[rows, rank], factors[rows, rank]) for name, rank in ranks.items()}


def _part(count: int, share: float, draw: Draw) -> Tensor:
    """Indices of a share of the photos by chance, one at least unless the share is 0."""
    kept = max(1, round(share * count)) if share else 0
    return draw.uniform(count).argsort()[:kept].sort().values


def decode_kinds(
    module: JointNet, batch: Batch, skips: list[Tensor], kinds: dict[str, _Codes], draw: Draw, recipe: Recipe
) -> dict[str, Decoding]:
    """Each kind of code decoded, for its share of the photos."""
    first = _FIRST_SHARE if recipe.joint.first_weight > 0.0 else 0.0
    shares = {"own": _OWN_SHARE, "best": 1.0, "any": _ANY_SHARE, "first": first}
    rows = {name: _part(len(batch.grey), shares[name], draw).to(batch.grey.device) for name in kinds}
    # One pass, so that batch norm sees codes of all kinds together, as one network has to serve them.
    photos = torch.cat(list(rows.values()))
    codes, factors = (torch.cat([kinds[name][i][part] for name, part in rows.items()]) for i in (0, 1))
    fields = module.decoder(codes, [skip[photos] for skip in skips]) * factors[:, None, None, None]
    parts = torch.split(fields, [len(part) for part in rows.values()])
    return {
        name: Decoding(part, field, batch.field[part])
        for (name, part), field in zip(rows.items(), parts, strict=True)
    }


def _error(made: Decoding, weights: Tensor, vae: VAEOptions) -> Tensor:
    if not len(made.rows):
        return made.field.sum()
    hist = photo.hist(made.field, made.truth, weights.to(made.field))
    return vae.hist_weight * hist + vae.gradient_weight * photo.gradient(made.field, made.truth)


def _variant_terms(errors: dict[str, Tensor], made: dict[str, Decoding], joint: JointOptions) -> Tensor:
    weights = {"best": joint.best_weight, "any": joint.any_weight, "first": joint.first_weight}
    total = sum((weight * errors[name] for name, weight in weights.items()), errors["own"].new_zeros(()))
    for name in weights:
        total = total + joint.cast_weight * made[name].mean(_excess_of_cast)
    # Not of the best: of five variants it has the colourfulness of the truth by having been chosen.
    for name in ("any", "first"):
        total = total + joint.chroma_weight * made[name].mean(_difference(mean_chroma))
        total = total + joint.colourfulness_weight * made[name].mean(_difference(photo.colourfulness))
    return total


def _excess_of_cast(made: Tensor, truth: Tensor) -> Tensor:
    """Likelihood likes variants that differ by a tint; true photographs are not of one tint."""
    return torch.relu(photo.cast(made) - photo.cast(truth))


def _difference(measure: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Where colour is undecided the least error is grey: what a whole photo has can still be right."""
    return lambda made, truth: (measure(made) - measure(truth)).abs()


def _perceptual_term(perceptual: Perceptual, batch: Batch, made: dict[str, Decoding]) -> Tensor:
    """Of what the decoder can do, and of what is seen first; the best has been chosen by its error."""
    asked = [made[name] for name in ("own", "first") if len(made[name].rows)]
    return torch.stack([perceptual(batch.grey[one.rows], one.field, one.truth) for one in asked]).sum()
