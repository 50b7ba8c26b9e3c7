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
    """Of B photos: features, mixtures without and with their look, the decoder's inputs, the chosen codes."""

    features: tuple[Tensor, ...]
    own: Mixture
    mixture: Mixture
    skips: list[Tensor]
    chosen: Selection


def _prepared(
    net: ColorNet, photos: Photos, noise: Tensor, looks: Sequence[GroupLook | None], options: SampleOptions
) -> _Conditions:
    features = net.backbone(photos.grey.contiguous(memory_format=torch.channels_last))
    own: Mixture = net.mdn(features)
    mixture = shared(own, looks)
    if photos.finer is not None:
        features = net.backbone(photos.finer.contiguous(memory_format=torch.channels_last))
    skips = net.decoder.skips(photos.coloured, features)
    codes = variant_codes(mixture, noise, net.config.temperature)
    chosen = select_variants(net, mixture, codes, skips, options, looks)
    return _Conditions(features, own, mixture, skips, chosen)


def sample_variants(
    net: ColorNet,
    photos: Photos,
    noise: Tensor,
    looks: Sequence[GroupLook | None],
    options: SampleOptions,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Photos and noise (B,K,d) -> rows as of `protocol.pack_variants`, float32, on their device.

    The decoder computes in `dtype`, by default in float32; codes are chosen in float32, as which ones are
    taken should not hang on rounding. `options.diversity` has to be given.
    """
    device = noise.device
    with exact_convolutions(device):
        it = _prepared(net, photos, noise, looks, options)
        codes, skips, coefficients = it.chosen.codes, it.skips, it.chosen.coefficients
        if options.uncertainty:  # of the photo's own mixture: a group is not surer of it
            codes, coefficients = torch.cat([codes, it.own.mu], 1), None
        with _autocast(device, dtype):
            if dtype is not None:  # again: rounded afterwards, what is too large for fp16 would go unseen
                skips, coefficients = net.decoder.skips(photos.coloured, it.features), None
            decoded = net.decode(codes, skips, coefficients)
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
    """Of the decoder alone, which has 86 % of the work with five variants.

    Over 96 photos of val.zip (benchmarks/precision.py), bf16 there moves ab by 0.04 on average (fp16:
    0.004) and leaves every order of variants as it is; in the backbone, too, it changed 15 % of them.
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

    def decode(codes: Tensor) -> Tensor:
        return net.decode(codes, it.skips) * AB_SCALE

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
