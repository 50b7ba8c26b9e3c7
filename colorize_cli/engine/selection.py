"""Of candidate codes: which become variants, and what the mixture thinks of those."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from colorize_cli.engine.protocol import SampleOptions, pack_variants
from colorize_cli.model.mixture import Mixture, log_prob
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.vae import AB_SCALE
from colorize_cli.model.variants.choosing import choose
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.model.variants.sampling import variant_components
from colorize_cli.model.variants.saturation import saturated, saturations


def describe_variants(
    mixture: Mixture, components: Tensor, codes: Tensor, fields: Tensor, uncertainty: Tensor | None
) -> Tensor:
    """What `protocol.unpack_variants` takes apart: of variants (B,n) their components, codes and fields."""
    weight = mixture.log_pi.gather(1, components).exp()
    likelihood = torch.stack([log_prob(mixture, code) for code in codes.unbind(1)], 1)
    distance = (fields - fields[:, :1]).square().sum(2).sqrt().mean((2, 3))
    return pack_variants((weight, likelihood, distance), fields, uncertainty)


@dataclass(frozen=True)
class Selection:
    """Of B photos the components (B,n) and codes (B,n,d) that become variants."""

    components: Tensor
    codes: Tensor


def select_variants(
    net: ColorNet,
    mixture: Mixture,
    codes: Tensor,
    skips: Callable[[], list[Tensor]],
    options: SampleOptions,
    looks: Sequence[GroupLook | None],
) -> Selection:
    """Of candidates (B,K,d), those that become variants; skips: of the view that the mixture is of.

    In a group they are the likeliest: there a rank is one component throughout, not what differs most on
    each photo.
    """
    components, n = variant_components(mixture, codes.shape[1]), options.n
    grouped = [i for i, look in enumerate(looks) if look is not None]
    if n == 1 or not options.diversity or len(grouped) == len(looks):
        return Selection(components[:, :n], codes[:, :n])
    # At a quarter of the field's side: at stride 32 distances already correlated with those of full fields at
    # .97 (829 photos of val.zip, v5).
    fields = net.decode(codes, net.decoder.coarse(skips(), 0)) * AB_SCALE
    fields = saturated(fields, saturations(fields, net.config))
    chosen = choose(fields, n, options.diversity, mixture.log_pi.shape[1])
    chosen[grouped] = torch.arange(n, device=chosen.device)
    photo = torch.arange(len(chosen), device=chosen.device)[:, None]
    return Selection(components[photo, chosen], codes[photo, chosen])
