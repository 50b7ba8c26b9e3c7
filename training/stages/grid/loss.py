"""The loss of a grid network: the VAE's, that of all hypotheses of the mixture, and the mixture's.

Every component's mean is decoded as a hypothesis. The nearest ones learn most, by a softmin whose temperature
falls (annealed multiple choice learning, arXiv 2407.15580): with the nearest alone, the others starve.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from colorize_cli.model.mixture import Mixture, log_prob
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.vae import reparameterize

from ...data.view_batches import ViewBatch
from ...loop.task import Draw
from ...losses import grid
from ...losses.photo import kl
from ...options import GridOptions

SCALE = 10.0  # of errors, so that a grey photo costs about 0.7
# Always the same component: while it was the heaviest of each photo, asking it for colour made it lose its
# rank to the next pale one, and all became alike in 200 steps (docs/history.md).
_FIRST = 0

Errors = dict[str, Tensor]


@dataclass(frozen=True)
class Hypotheses:
    """What the networks made of a batch: fields (B,1+K,2,h,w), the first of the photo's own code."""

    fields: Tensor
    mixture: Mixture
    z: Tensor
    mu: Tensor
    log_var: Tensor


def forward(net: ColorNet, batch: ViewBatch, draw: Draw, options: GridOptions) -> Hypotheses:
    """Decode the photo's own code, at times none, and the mean of every component."""
    mu, log_var = net.encoder(batch.field, batch.grey)
    keep = (draw.uniform(len(mu), 1).to(mu) >= options.zero_code).to(mu)
    z = reparameterize(mu, log_var, draw.normal(*mu.shape))
    mixture: Mixture = net.mdn(net.backbone(batch.code))
    skips = net.decoder.skips(batch.grey, net.backbone(batch.grey))
    fields = net.decode(torch.cat([(z * keep)[:, None], mixture.mu], 1), skips).float()
    return Hypotheses(fields, mixture, z, mu, log_var)


def grid_loss(
    made_of: Hypotheses, batch: ViewBatch, step: int, options: GridOptions
) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch, and figures for the log (errors over that of grey)."""
    fields, mixture = made_of.fields, made_of.mixture
    truth, light = batch.field[:, None], F.avg_pool2d(batch.grey, 4)
    own, made = _errors(fields[:, :1], truth, light), _errors(fields[:, 1:], truth, light)
    near = torch.softmax(-made["error"].detach() / temperature(options, step), 1)
    first = F.one_hot(torch.full_like(near[:, 0], _FIRST, dtype=torch.long), near.shape[1]).to(near)
    parts = {
        "own": options.own_weight * _sum(own, options).mean() + _looks(own, options, cast=False).mean(),
        "made": (_shares(near, first, options) * _sum(made, options)).sum(1).mean(),
        "looks": _looks(made, options).mean(),
        "skin": options.skin_weight * SCALE * grid.skin_error(fields, truth, batch.skin).mean(),
        "first": options.first_looks * (first * _first_looks(made, options)).sum(1).mean(),
        "kl": options.kl_weight * kl(made_of.mu, made_of.log_var),
        # The likelihood teaches the MDN alone, or the encoder would make codes that are easy to guess.
        "nll": -options.nll_weight * _likelihood(mixture, made_of.z.detach()),
        "rank": options.rank_weight * _rank(mixture, made, first, options),
    }
    total = torch.stack(list(parts.values())).sum()
    figures = {f"loss_{name}": part.item() for name, part in parts.items()}
    return total, figures | _figures(own, made, mixture, near, batch)


def _likelihood(mixture: Mixture, z: Tensor) -> Tensor:
    return log_prob(mixture, z).mean() / z.shape[1]


def temperature(options: GridOptions, step: int) -> float:
    """Of the softmin over hypotheses: falls by the same factor at every step, until `cooling`."""
    done = min(1.0, step / max(1, options.cooling))
    return float(options.heat * (options.cool / options.heat) ** done)


def _errors(fields: Tensor, truth: Tensor, light: Tensor) -> Errors:
    """Of fields (B,K,2,h,w), each (B,K)."""
    full = grid.colourfulness(truth)
    return {
        "error": SCALE * grid.error(fields, truth),
        "gradient": SCALE * grid.gradient(fields, truth),
        "unasked": SCALE * grid.unasked(fields, truth, light),
        "chroma": SCALE * grid.chroma_error(fields, truth),
        "colourfulness": SCALE * (grid.colourfulness(fields) - full).abs(),
        "cast": (grid.cast(fields) - grid.cast(truth)).clamp_min(0.0),
    }


def _sum(errors: Errors, options: GridOptions) -> Tensor:
    changes = options.gradient_weight * errors["gradient"] + options.unasked_weight * errors["unasked"]
    return errors["error"] + changes + options.chroma_weight * errors["chroma"]


def _looks(errors: Errors, options: GridOptions, *, cast: bool = True) -> Tensor:
    """What is asked of every hypothesis, right or not: as much colour as photos have, and no tint."""
    colour = options.colourfulness_weight * errors["colourfulness"]
    return colour + options.cast_weight * errors["cast"] if cast else colour


def _first_looks(errors: Errors, options: GridOptions) -> Tensor:
    """The same of the first variant, which, held to the least error, is the palest."""
    return _looks(errors, options) + options.chroma_weight * errors["chroma"]


def _shares(near: Tensor, first: Tensor, options: GridOptions) -> Tensor:
    return options.best_weight * near + options.every_weight / near.shape[1] + options.first_weight * first


def _rank(mixture: Mixture, made: Errors, first: Tensor, options: GridOptions) -> Tensor:
    """Cross entropy of the weights: which hypotheses are near, with a lead for the first."""
    near = torch.softmax(-made["error"].detach() / (2 * options.cool), 1)
    target = (1 - options.lead) * near + options.lead * first
    return -(target * mixture.log_pi).sum(1).mean()


def _figures(own: Errors, made: Errors, mixture: Mixture, near: Tensor, batch: ViewBatch) -> dict[str, float]:
    ranked = made["error"].detach().gather(1, mixture.log_pi.argsort(1, descending=True))
    grey = SCALE * batch.field.abs().mean()
    figures = {
        "own": own["error"].mean() / grey,
        "eob": ranked[:, :5].amin(1).mean() / grey,
        "top1": ranked[:, 0].mean() / grey,
        "mean": ranked[:, :5].mean() / grey,
        "used": near.mean(0).amax() * near.shape[1],  # 1: all components are nearest as often
        "mu_std": mixture.mu.std(0, correction=0).mean(),  # 0: an MDN that is blind for photos
    }
    return {name: value.item() for name, value in figures.items()}
