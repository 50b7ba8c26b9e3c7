"""How variants are drawn: grey views and noise through backbone, MDN and decoder (paper, sec. 4)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from colorize_cli.engine.precision import exact_convolutions
from colorize_cli.engine.protocol import Prompt, SampleOptions
from colorize_cli.engine.selection import Selection, describe_variants, select_variants
from colorize_cli.model.mixture import Mixture
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.vae import AB_SCALE
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.model.variants.group_mixture import shared
from colorize_cli.model.variants.sampling import variant_codes, variant_sigma
from colorize_cli.model.variants.saturation import saturated, saturations
from colorize_cli.model.variants.steering import steered
from colorize_cli.model.variants.uncertainty import uncertainty


@dataclass(frozen=True)
class Photos:
    """B photos as the networks see them, in [0,1].

    grey: (B,1,v,v), which the mixture is of. finer: (B,1,h,w) that codes are decoded over, None: the same.
    """

    grey: Tensor
    finer: Tensor | None = None

    @property
    def coloured(self) -> Tensor:
        """What codes are decoded over."""
        return self.grey if self.finer is None else self.finer


@dataclass(frozen=True)
class _Conditions:
    """Of B photos: features, mixtures without and with their look, the chosen codes."""

    features: tuple[Tensor, ...]
    own: Mixture
    mixture: Mixture
    chosen: Selection


def _prepared(
    net: ColorNet, photos: Photos, noise: Tensor, looks: Sequence[GroupLook | None], options: SampleOptions
) -> _Conditions:
    features = _features(net, photos.grey)
    own: Mixture = net.mdn(features)
    mixture = shared(own, looks)
    codes = variant_codes(mixture, noise, net.config.temperature)
    skips = partial(net.decoder.skips, photos.grey, features)
    chosen = select_variants(net, mixture, codes, skips, options, looks)
    return _Conditions(features, own, mixture, chosen)


def _features(net: ColorNet, grey: Tensor) -> tuple[Tensor, ...]:
    found: tuple[Tensor, ...] = net.backbone(grey.contiguous(memory_format=torch.channels_last))
    return found


def _skips(net: ColorNet, photos: Photos, features: tuple[Tensor, ...]) -> list[Tensor]:
    """What codes are decoded over; `features` are those of the grey views."""
    if photos.finer is not None:
        features = _features(net, photos.finer)
    return net.decoder.skips(photos.coloured, features)


def sample_variants(
    net: ColorNet,
    photos: Photos,
    noise: Tensor,
    looks: Sequence[GroupLook | None],
    options: SampleOptions,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Photos and noise (B,K,d) -> rows as of `protocol.pack_variants`, float32, on their device.

    What stands behind the choice of codes is computed in float32, as which ones are taken should not hang on
    rounding, and the colours in `dtype`, by default in float32, too. `options.diversity` has to be given.
    """
    device = noise.device
    with exact_convolutions(device):
        it = _prepared(net, photos, noise, looks, options)
        codes = it.chosen.codes
        if options.uncertainty:  # of the photo's own mixture: a group is not surer of it
            codes = torch.cat([codes, it.own.mu], 1)
        with _autocast(device, dtype):
            decoded = net.decode(codes, _skips(net, photos, it.features))
    decoded = decoded.float() * AB_SCALE
    unsure = (
        uncertainty(decoded[:, options.n :] * net.config.saturation, it.own.log_pi)
        if options.uncertainty
        else None
    )
    variants = decoded[:, : options.n]
    fields = saturated(variants, saturations(variants, net.config))
    return describe_variants(it.mixture, it.chosen.components, it.chosen.codes, fields, unsure)


def _autocast(device: torch.device, dtype: torch.dtype | None) -> AbstractContextManager[object]:
    """Of the colours, but not of what decides which codes they are of.

    Over 130 photos, 30 of them old scans, bf16 moves ab by 0.13 on average and 99 places in a hundred by less
    than 0.7, and leaves the variants and their order as they are; in the network behind the mixture, too, it
    changed the order in 15 % of 96 photos (benchmarks/precision.py).
    """
    # The cache of weights that were cast belongs to the process: with it, one lane would read what
    # another one's stream has not written yet.
    return torch.autocast(device.type, dtype=dtype, cache_enabled=False) if dtype else nullcontext()


def sample_steered(
    net: ColorNet, photos: Photos, noise: Tensor, prompt: Prompt, options: SampleOptions
) -> Tensor:
    """Of one photo, what `sample_variants` gives, with codes that do as its wish says; float32 throughout.

    Outside of inference mode, as codes are found by gradients.
    """
    it = _prepared(net, photos, noise, [prompt.look], options)
    skips = _skips(net, photos, it.features)

    def decode(codes: Tensor) -> Tensor:
        return net.decode(codes, skips) * AB_SCALE

    def lit(factor: Tensor, codes: Tensor) -> Tensor:
        return decode(codes[None])[0] * factor

    # Of the codes as they are: where a wish is met must not depend on how strong the picture becomes.
    factors = saturations(decode(it.chosen.codes), net.config)
    deviations = variant_sigma(it.mixture, it.chosen.components)
    each = [
        steered(it.chosen.codes[0, i : i + 1], deviations[0, i : i + 1], partial(lit, factor), prompt.wish)
        for i, factor in enumerate(factors[0])
    ]
    codes = torch.cat(each)[None]
    unsure = (
        uncertainty(decode(it.own.mu) * net.config.saturation, it.own.log_pi) if options.uncertainty else None
    )
    return describe_variants(
        it.mixture, it.chosen.components, codes, saturated(decode(codes), factors), unsure
    )
