"""A critic of colours: which of two pictures of one scene is the photograph?

A projected discriminator (Sauer et al. 2021): small heads over a frozen network that knows what things are.
The heads compare the made picture with the photo of the very same grey (Jolicoeur-Martineau 2018), place by
place, so all that tells them apart is colour.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from colorize_cli.model.networks.backbone import stage_specs

from ...data.imagenet import ColourEncoder
from ...data.view_batches import ViewBatch
from ...loop.task import Draw
from ...losses.srgb import rgb_of
from ...options import GridOptions
from .loss import Hypotheses

_EYES = "lite0"  # not lite2: that is the judge of the measures
_STAGES = (2, 4, 6)  # strides 8, 16, 32
_WIDTH = 64
_VIEW = 160  # side of what it sees at most: at 256 it would take as long as all that it judges
# Of the critic's own loss. AdamW does not care, but the norm at which gradients are cut is one for all.
_TEACHING = 0.02


class Critic(nn.Module):
    """Heads at three strides; with spectral norm no weight can make a difference as large as it likes."""

    def __init__(self) -> None:
        super().__init__()
        channels = [stage_specs(_EYES)[stage][4] for stage in _STAGES]
        self.heads = nn.ModuleList(_head(width) for width in channels)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """What `Eyes` saw -> logits at each stride, (B,1,h,w); larger is more like a photograph."""
        return [head(seen) for head, seen in zip(self.heads, maps, strict=True)]


def _head(width: int) -> nn.Module:
    return nn.Sequential(
        spectral_norm(nn.Conv2d(width, _WIDTH, 1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(_WIDTH, 1, 1)),
    )


class Eyes:
    """ImageNet's network, which is never trained and so kept out of checkpoints."""

    def __init__(self) -> None:
        self.network = ColourEncoder(_EYES)

    def __call__(self, grey: Tensor, field: Tensor) -> list[Tensor]:
        """Grey (B,1,h,w) in [0,1] and ab / 128 (B,2,f,g) -> maps at strides 8, 16 and 32.

        Of colours in cells of 8 pixels: finer ones would be told by their texture, which no code can bring.
        """
        self.network.to(grey.device)
        maps = self.network.maps(rgb_of(_within(grey, _VIEW), F.avg_pool2d(field, 2)) * 255.0)
        return [maps[stage] for stage in _STAGES]


def _within(grey: Tensor, view: int) -> Tensor:
    """Of no more pixels than view x view, in sides that are multiples of 32."""
    height, width = grey.shape[2:]
    factor = view / (height * width) ** 0.5
    if factor >= 1:
        return grey
    sides = [max(32, round(side * factor / 32) * 32) for side in (height, width)]
    return F.interpolate(grey, sides, mode="bilinear", antialias=True)


def critic_loss(
    critic: Critic, eyes: Eyes, made_of: Hypotheses, batch: ViewBatch, draw: Draw, options: GridOptions
) -> tuple[Tensor, dict[str, float]]:
    """The losses of both sides on the first photos of a batch, and figures for the log.

    Of each a hypothesis is looked at, to be like a photograph; every other time the nearest one, which is to
    look like this photo, too.
    """
    few = slice(options.critic_photos)
    grey, truth, hypotheses = batch.grey[few], batch.field[few], made_of.fields[few, 1:]
    chosen = by_chance(draw.uniform(len(made_of.fields))[few], hypotheses.shape[1]).to(truth.device)
    nearest = (hypotheses.detach() - truth[:, None]).abs().mean((2, 3, 4)).argmin(1)
    chosen[::2] = nearest[::2]
    with torch.no_grad():
        photo = eyes(grey, truth)
    made = eyes(grey, hypotheses[torch.arange(len(chosen), device=chosen.device), chosen])
    taught, right = discerning(critic, made, photo)
    real, like = deceived(critic, made, photo), unlike(made, photo)[::2].mean()
    total = options.realism_weight * real + options.likeness_weight * like + _TEACHING * taught
    return total, {"critic_right": right, "real": real.item(), "like": like.item()}


def by_chance(drawn: Tensor, count: int) -> Tensor:
    """Numbers in [0,1) (B,) -> which of `count` hypotheses; the first, often variant 1, thrice as often."""
    place = (drawn * (count + 2)).long() - 2
    return place.clamp_min(0)


def deceived(critic: Critic, made: list[Tensor], photo: list[Tensor]) -> Tensor:
    """Loss of the pictures: the critic should take them for the photos. Reaches none of its weights."""
    weights = {name: value.detach() for name, value in critic.named_parameters()}
    apart = zip(
        functional_call(critic, weights, (made,)), functional_call(critic, weights, (photo,)), strict=True
    )
    return _mean([F.softplus(theirs.detach() - ours).mean() for ours, theirs in apart])


def discerning(critic: Critic, made: list[Tensor], photo: list[Tensor]) -> tuple[Tensor, float]:
    """Loss of the critic, and the share of places where it is right. Reaches nothing else."""
    apart = [theirs - ours for ours, theirs in zip(critic(_still(made)), critic(_still(photo)), strict=True)]
    right = _mean([(difference > 0).float().mean() for difference in apart])
    return _mean([F.softplus(-difference).mean() for difference in apart]), right.item()


def unlike(made: list[Tensor], photo: list[Tensor]) -> Tensor:
    """How far what is seen in pictures is from what is seen in the photos, (B,); 0 for the same.

    The form is that of LPIPS (Zhang 2018), without its weights.
    """
    pairs = zip(made, photo, strict=True)
    return _mean([(_unit(ours) - _unit(theirs)).square().sum(1).mean((1, 2)) for ours, theirs in pairs])


def _unit(maps: Tensor) -> Tensor:
    return maps / (maps.square().sum(1, keepdim=True) + 1e-3).sqrt()


def _still(maps: list[Tensor]) -> list[Tensor]:
    return [seen.detach() for seen in maps]


def _mean(losses: list[Tensor]) -> Tensor:
    return torch.stack(losses).mean(0)
