"""The engine behind command line and Python API: grey views in, colour fields out."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_cli.batch_limit import BatchLimit, is_out_of_memory
from colorize_cli.device import card_failures, choose_device
from colorize_cli.errors import DeviceError
from colorize_cli.hints import Hint
from colorize_cli.lanes import Lane, open_lane
from colorize_cli.model.choosing import candidates, choose, distances
from colorize_cli.model.fusing import fused
from colorize_cli.model.mixture import Mixture, log_prob
from colorize_cli.model.modules import channels_last
from colorize_cli.model.network import ColorNet
from colorize_cli.model.sampling import variant_codes, variant_components, variant_noise, variant_spread
from colorize_cli.model.steering import Wish, steered
from colorize_cli.model.vae import AB_SCALE
from colorize_cli.model.weights import WeightsInfo, default_weights, load_weights
from colorize_cli.precision import choose_precision, exact_convolutions, name_of
from colorize_cli.settings import Precision


@dataclass(frozen=True)
class Colourings:
    """The variants of B photos, and what the mixture thinks of them; arrays of float32.

    fields: (B,n,2,f,f) ab in CIELAB units. weights: (B,n) in [0,1], of the component that a variant is of.
    log_likelihoods: (B,n), log P(z | grey) in nats. distances: (B,n) mean distance in ab to variant 1.
    """

    fields: NDArray[np.float32]
    weights: NDArray[np.float32]
    log_likelihoods: NDArray[np.float32]
    distances: NDArray[np.float32]


class Engine(Protocol):
    """What a run needs of the networks, wherever they are: `Colorizer` is one, `ColorizerPool` the other."""

    @property
    def info(self) -> WeightsInfo:
        """Name of the weights for people, and sha256 of their file."""

    @property
    def view_size(self) -> int:
        """Side in pixels of the square views that `fields` takes."""

    @property
    def device(self) -> torch.device:
        """Its kind; of several cards "cuda"."""

    @property
    def device_name(self) -> str:
        """For people: cpu, cuda, or cuda:0,cuda:1."""

    @property
    def precision(self) -> str:
        """For people: what the decoder computes in."""

    @property
    def slots(self) -> int:
        """How many calls of `fields` at the same time are faster than one after another."""

    def colourings(
        self,
        views: NDArray[np.float32],
        keys: Sequence[str],
        n: int,
        seed: int = 0,
        diversity: float = 0.0,
        wishes: Sequence[Wish] = (),
    ) -> Colourings:
        """See `Colorizer.colourings`; safe to call from several threads."""


def slots_of(device: torch.device) -> int:
    """Calls of `Colorizer.fields` at the same time that make sense: on a card, one copies, one computes."""
    return 2 if device.type == "cuda" else 1


@dataclass(frozen=True)
class _Asked:
    n: int
    diversity: float


def _unpacked(packed: NDArray[np.float32]) -> Colourings:
    """(B,n,3+2ff): the three numbers of each variant, then its field; lanes carry one array."""
    side = math.isqrt((packed.shape[2] - 3) // 2)
    fields = packed[:, :, 3:].reshape(*packed.shape[:2], 2, side, side)
    return Colourings(fields, *(packed[:, :, i] for i in range(3)))


def _packed(mixture: Mixture, components: Tensor, codes: Tensor, fields: Tensor) -> Tensor:
    """What `_unpacked` takes apart: of variants (B,n) their components, codes and fields."""
    weight = mixture.log_pi.gather(1, components).exp()
    likelihood = torch.stack([log_prob(mixture, code) for code in codes.unbind(1)], 1)
    distance = (fields - fields[:, :1]).square().sum(2).sqrt().mean((2, 3))
    return torch.cat([torch.stack([weight, likelihood, distance], 2), fields.flatten(2)], 2)


def _taken(mixture: Mixture, codes: Tensor, fields: Tensor, asked: _Asked) -> tuple[Tensor, Tensor, Tensor]:
    """Of candidates (B,K), those that are asked for: components, codes and fields (B,n)."""
    components = variant_components(mixture, codes.shape[1])
    if asked.diversity > 0.0:
        taken = choose(distances(fields), asked.n, asked.diversity)
        components = components.gather(1, taken)
        codes = torch.take_along_dim(codes, taken[:, :, None], 1)
        fields = torch.take_along_dim(fields, taken[:, :, None, None, None], 1)
    return components, codes, fields


class Colorizer:
    """A loaded network on a device.

    >>> from colorize_cli import Colorizer
    >>> pictures = Colorizer.load().colorize("grandmother.jpg", n=5)
    """

    net: ColorNet

    def __init__(
        self, net: ColorNet, info: WeightsInfo, device: torch.device, dtype: torch.dtype | None = None
    ) -> None:
        self.net = _placed(net, device)
        self.info, self.device, self.dtype = info, device, dtype
        self._limit = BatchLimit(device)
        self._lanes: list[Lane] = []  # those that no call uses

    @classmethod
    def load(
        cls, weights: Path | str | None = None, device: str = "auto", precision: str = "auto"
    ) -> Colorizer:
        """The shipped weights, or those of a file; raises WeightsError, DeviceError or UsageError."""
        chosen = choose_device(device)
        with card_failures(chosen):
            dtype = choose_precision(Precision(precision), chosen)
        net, info = load_weights(default_weights() if weights is None else Path(weights))
        return cls(fused(net), info, chosen, dtype)

    @property
    def view_size(self) -> int:
        """Side in pixels of the square view that `fields` takes."""
        return self.net.config.view

    @property
    def device_name(self) -> str:
        """The device, for people."""
        return str(self.device)

    @property
    def precision(self) -> str:
        """What the decoder computes in: fp32, bf16 or fp16."""
        return name_of(self.dtype).value

    @property
    def slots(self) -> int:
        """How many calls of `fields` at the same time are faster than one after another."""
        return slots_of(self.device)

    def fields(
        self,
        views: NDArray[np.float32],
        keys: Sequence[str],
        n: int,
        seed: int = 0,
        diversity: float = 0.0,
        wishes: Sequence[Wish] = (),
    ) -> NDArray[np.float32]:
        """Grey views (B,v,v) in [0,1] -> ab fields (B,n,2,f,f) in CIELAB units, most likely first."""
        return self.colourings(views, keys, n, seed, diversity, wishes).fields

    def colourings(
        self,
        views: NDArray[np.float32],
        keys: Sequence[str],
        n: int,
        seed: int = 0,
        diversity: float = 0.0,
        wishes: Sequence[Wish] = (),
    ) -> Colourings:
        """Grey views (B,v,v) in [0,1] -> n variants of each, most likely first.

        `keys` name the content of each photo (its sha256): with the seed they fix the noise, so a
        photo gets the same colours in any batch, to within the rounding of the precision. `diversity` in
        [0,1] trades likelihood for distance (`choosing.choose`). If the device runs out of memory the batch
        is halved, here and in later calls, down to one photo; then DeviceError is raised. Safe to call from
        several threads, whose copies and work overlap on CUDA. `wishes`, one for each photo or none at all:
        what its colours are asked for; photos with an empty one get the same bits as without.
        """
        config = self.net.config
        count = candidates(n, config.components) if diversity > 0.0 else n
        noise = torch.stack([variant_noise(key, seed, count, config.z_dim) for key in keys])
        grey = torch.from_numpy(np.ascontiguousarray(views))[:, None]
        asked = _Asked(n, diversity)
        parts = self._limit.in_parts(len(keys), lambda part: self._run(grey[part], noise[part], asked))
        packed = parts[0] if len(parts) == 1 else np.concatenate(parts)
        for i in (i for i, wish in enumerate(wishes) if wish):
            packed[i] = self._run_steered(grey[i : i + 1], noise[i : i + 1], asked, wishes[i])
        return _unpacked(packed)

    @torch.inference_mode()
    def _run(self, grey: Tensor, noise: Tensor, asked: _Asked) -> NDArray[np.float32]:
        with card_failures(self.device), self._lane() as lane:
            packed = lane.run(grey, noise, lambda g, z: self._compute(g, z, asked, self.dtype))
            # fp16 ends at 65504. The shipped decoder stays below 1300; others may not.
            if self.dtype is not None and not np.isfinite(packed).all():
                packed = lane.run(grey, noise, lambda g, z: self._compute(g, z, asked, None))
            return packed

    def _run_steered(self, grey: Tensor, noise: Tensor, asked: _Asked, wish: Wish) -> NDArray[np.float32]:
        """Of one photo, what `_run` gives, with codes that do as the wish says; in float32 throughout."""

        def run(_: slice) -> NDArray[np.float32]:
            with card_failures(self.device), exact_convolutions(self.device), torch.no_grad():
                photo, own = grey.to(self.device), noise.to(self.device)
                return self._steered(photo, own, asked, wish)[0].cpu().numpy()

        return self._limit.in_parts(1, run)[0]

    def _steered(self, grey: Tensor, noise: Tensor, asked: _Asked, wish: Wish) -> Tensor:
        config = self.net.config
        features = self.net.backbone(grey)
        mixture: Mixture = self.net.mdn(features)
        skips = self.net.decoder.skips(grey, features)

        def decode(codes: Tensor) -> Tensor:
            return self.net.decode(codes[None], skips)[0] * (AB_SCALE * config.saturation)

        codes = variant_codes(mixture, noise, config.temperature)
        components, codes, _ = _taken(mixture, codes, decode(codes[0])[None], asked)
        spread = variant_spread(mixture, components)
        codes = steered(codes[0], spread[0], decode, wish)[None]
        return _packed(mixture, components, codes, decode(codes[0])[None])

    @contextlib.contextmanager
    def _lane(self) -> Iterator[Lane]:
        try:
            lane = self._lanes.pop()
        except IndexError:
            lane = open_lane(self.device)
        try:
            yield lane
        finally:
            self._lanes.append(lane)

    def _compute(self, grey: Tensor, noise: Tensor, asked: _Asked, dtype: torch.dtype | None) -> Tensor:
        """Grey (B,1,v,v) and noise (B,K,d) -> what `_unpacked` takes apart, float32, on the device."""
        config = self.net.config
        with exact_convolutions(self.device):
            features = self.net.backbone(grey.contiguous(memory_format=torch.channels_last))
            mixture: Mixture = self.net.mdn(features)
            codes = variant_codes(mixture, noise, config.temperature)
            with self._autocast(dtype):
                decoded = self.net.decode(codes, self.net.decoder.skips(grey, features))
        fields = decoded.float() * (AB_SCALE * config.saturation)
        return _packed(mixture, *_taken(mixture, codes, fields, asked))

    def _autocast(self, dtype: torch.dtype | None) -> torch.autocast:
        """Of the decoder alone, which has 86 % of the work with five variants.

        Over 96 photos of val.zip (benchmarks/precision.py), bf16 there moves ab by 0.04 on average (fp16:
        0.004) and leaves every order of variants as it is; in the backbone, too, it changed 15 % of them.
        """
        # The cache of weights that were cast belongs to the process: with it, one lane would read what
        # another one's stream has not written yet.
        return torch.autocast(self.device.type, dtype=dtype, enabled=dtype is not None, cache_enabled=False)

    def colorize(
        self,
        photo: Path | str | NDArray[np.uint8] | NDArray[np.uint16],
        n: int = 5,
        seed: int = 0,
        hints: Sequence[Hint] = (),
    ) -> list[NDArray[np.uint8] | NDArray[np.uint16]]:
        """A photo, or its grey (H,W) array -> n colour pictures (H,W,3) RGB of the same depth and size.

        Samples are sRGB, or, if a file has another colour profile, encoded as that says. `hints` are met so
        far as the luminance allows. Raises PhotoError if a file cannot be read.
        """
        from colorize_cli.hinting import Hinted
        from colorize_cli.image import Canvas, Metadata, Photo, colour_picture, read_photo

        if isinstance(photo, (str, Path)):
            source = read_photo(Path(photo))
        else:
            key = hashlib.sha256(np.ascontiguousarray(photo).tobytes()).hexdigest()
            source = Photo(Path(), photo, None, "", Metadata(), key, 0.0)
        canvas = Canvas(source)
        hinted = Hinted(hints, canvas) if hints else None
        wishes = [Wish(hinted.spots)] if hinted else []
        view = canvas.view(self.view_size)[None]
        fields = self.fields(view, [source.digest], n, seed, wishes=wishes)[0]
        fields = hinted.retouched(fields).fields if hinted else fields
        return [colour_picture(source.luma, field, canvas.space) for field in fields]


def _placed(net: ColorNet, device: torch.device) -> ColorNet:
    try:
        with card_failures(device):
            net = channels_last(net.to(device))
            if device.type == "cuda":
                # Lanes have streams of their own, which do not wait for the one that the weights came by.
                torch.cuda.synchronize(device)
            return net
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(
            f"{device}: its memory is full before a single photo. Close other programs that use it, or use "
            "--device cpu."
        ) from error
