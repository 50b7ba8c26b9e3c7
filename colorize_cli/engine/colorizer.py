"""The engine behind command line and Python API: grey views in, colour fields out."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_cli.engine.batch_size import BatchLimit, default_batch_size, is_out_of_memory, largest_batch
from colorize_cli.engine.description import EngineDescription
from colorize_cli.engine.device import card_failures, choose_device, kind_of
from colorize_cli.engine.drawing import Drawn, Picture, Wanted, drawn
from colorize_cli.engine.precision import choose_precision, exact_convolutions, name_of
from colorize_cli.engine.protocol import NO_WISH, Prompt, SampleOptions, Variants, unpack_variants
from colorize_cli.engine.sampling import Photos, sample_steered, sample_variants
from colorize_cli.engine.transfer import Lane, open_lane
from colorize_cli.errors import DeviceError, UsageError
from colorize_cli.hints.hint import Hint
from colorize_cli.model.mixture import Mixture
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.fusion import fused
from colorize_cli.model.networks.layout import channels_last
from colorize_cli.model.variants.choosing import candidates
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.model.variants.group_mixture import look_of, pack_mixture
from colorize_cli.model.variants.sampling import variant_noise
from colorize_cli.model.variants.steering import Wish
from colorize_cli.model.weights import WeightsInfo, default_weights, load_weights
from colorize_cli.model.weights_file import other_weights
from colorize_cli.settings import Precision


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
        self._limit = BatchLimit(device, kind_of(device).empty_cache, largest_batch(device))
        self._lanes: list[Lane] = []  # those that no call uses
        self._origin: EngineDescription | None = None

    @classmethod
    def load(
        cls, weights: Path | str | None = None, device: str = "auto", precision: str = "auto"
    ) -> Colorizer:
        """The shipped weights, or those of a file; raises WeightsError, DeviceError or UsageError."""
        chosen = choose_device(device)
        with card_failures(chosen):
            dtype = choose_precision(Precision(precision), chosen)
        net, info = load_weights(default_weights() if weights is None else Path(weights))
        colorizer = cls(fused(net), info, chosen, dtype)
        place = None if weights is None else Path(weights).absolute()
        colorizer._origin = EngineDescription(place, info.sha256, str(chosen), colorizer.precision)
        return colorizer

    @classmethod
    def described(cls, description: EngineDescription) -> Colorizer:
        """The same engine in another process; WeightsError if other weights are in the place by now."""
        colorizer = cls.load(description.weights, description.device, description.precision)
        if colorizer.info.sha256 != description.sha256:
            raise other_weights(description.weights, colorizer.info.sha256, description.sha256)
        return colorizer

    def __reduce__(self) -> tuple[object, ...]:
        """Pickles hold the description: another process loads the weights itself, from the same place."""
        if self._origin is None:
            raise TypeError("A Colorizer goes to another process only if it was loaded from a file.")
        return Colorizer.described, (self._origin,)

    @property
    def view_size(self) -> int:
        """Side in pixels of the square views that `variants` takes."""
        return self.net.config.view

    @property
    def detail(self) -> int | None:
        """See `ModelConfig.detail`."""
        return self.net.config.detail

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
        return kind_of(self.device).calls

    def fields(
        self,
        views: NDArray[np.float32],
        keys: Sequence[str],
        n: int,
        seed: int = 0,
        diversity: float | None = None,
        wishes: Sequence[Wish] = (),
    ) -> NDArray[np.float32]:
        """Grey views (B,v,v) in [0,1] -> ab fields (B,n,2,f,f) in CIELAB units, the likeliest first.

        `wishes`: one for each photo or none at all; for the rest see `SampleOptions` and `Prompt`.
        """
        prompts = [Prompt(*both) for both in zip(keys, wishes or [NO_WISH] * len(keys), strict=True)]
        return self.variants(views, prompts, SampleOptions(n, seed, diversity)).fields

    def variants(
        self,
        views: NDArray[np.float32],
        prompts: Sequence[Prompt],
        options: SampleOptions,
        colour_views: NDArray[np.float32] | None = None,
    ) -> Variants:
        """Grey views (B,v,v) in [0,1] -> n variants of each, the likeliest first.

        colour_views: finer ones, (B,h,w), sides multiples of 32, that codes are decoded over; without
        them over `views`. Weights of the paper's architectures take none (UsageError).
        If the device runs out of memory the batch is halved, here and in later calls, down to one photo;
        then DeviceError is raised. Safe to call from several threads, whose copies and work overlap on CUDA.
        """
        config = self.net.config
        if options.diversity is None:
            options = dataclasses.replace(options, diversity=config.diversity)
        count = candidates(options.n, config.components) if options.diversity else options.n
        noise = torch.stack([variant_noise(p.key, options.seed, count, config.z_dim) for p in prompts])
        if colour_views is not None and config.is_paper:
            raise UsageError("These weights see photos at one size; --detail is for others.")
        inputs = [_tensor(views), noise] + ([] if colour_views is None else [_tensor(colour_views)])
        parts = self._limit.in_parts(
            len(prompts), lambda part: self._run([x[part] for x in inputs], prompts[part], options)
        )
        rows = parts[0] if len(parts) == 1 else np.concatenate(parts)
        for i in (i for i, prompt in enumerate(prompts) if prompt.wish):
            rows[i] = self._run_steered([x[i : i + 1] for x in inputs], prompts[i], options)
        return unpack_variants(rows, options.n, self._field(views if colour_views is None else colour_views))

    def _field(self, views: NDArray[np.float32]) -> tuple[int, int]:
        side = self.net.config.field
        return (side, side) if self.net.config.is_paper else (views.shape[1] // 4, views.shape[2] // 4)

    def look(self, views: NDArray[np.float32]) -> GroupLook:
        """Grey views (B,v,v) in [0,1] of photos that belong together -> what they share."""
        grey = _tensor(views)

        def run(part: slice) -> NDArray[np.float32]:
            with card_failures(self.device), exact_convolutions(self.device), torch.inference_mode():
                mixture: Mixture = self.net.mdn(self.net.backbone(grey[part].to(self.device)))
                return np.asarray(pack_mixture(mixture).float().cpu().numpy())

        return look_of(np.concatenate(self._limit.in_parts(len(grey), run)))

    @torch.inference_mode()
    def _run(
        self, inputs: Sequence[Tensor], prompts: Sequence[Prompt], options: SampleOptions
    ) -> NDArray[np.float32]:
        looks = [prompt.look for prompt in prompts]

        def sample(
            grey: Tensor, noise: Tensor, finer: Tensor | None = None, *, dtype: torch.dtype | None
        ) -> Tensor:
            return sample_variants(self.net, Photos(grey, finer), noise, looks, options, dtype)

        with card_failures(self.device), self._lane() as lane:
            rows = lane.run(inputs, functools.partial(sample, dtype=self.dtype))
            # fp16 ends at 65504. The shipped decoder stays below 1300; others may not.
            if self.dtype is not None and not np.isfinite(rows).all():
                rows = lane.run(inputs, functools.partial(sample, dtype=None))
            return rows

    def _run_steered(
        self, inputs: Sequence[Tensor], prompt: Prompt, options: SampleOptions
    ) -> NDArray[np.float32]:
        """Of one photo, what `_run` gives, with codes that do as its wish says; in float32 throughout."""

        def run(_: slice) -> NDArray[np.float32]:
            with card_failures(self.device), exact_convolutions(self.device), torch.no_grad():
                grey, noise, *finer = (x.to(self.device) for x in inputs)
                photo = Photos(grey, *finer)
                return sample_steered(self.net, photo, noise, prompt, options)[0].cpu().numpy()

        return self._limit.in_parts(1, run)[0]

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

    def colorize(
        self,
        photo: object,
        n: int = 5,
        seed: int = 0,
        hints: Sequence[Hint] = (),
        detail: int | None = None,
        **more: Any,
    ) -> list[Picture]:
        """A photo -> n colour pictures (H,W,3) RGB of the same depth and size, the most likely first.

        See `draw`, which says more of each.
        """
        found = self.draw(photo, n, seed=seed, hints=hints, detail=detail, **more)
        return [variant.picture for variant in found.variants]

    def draw(self, photo: object, n: int = 5, **more: Any) -> Drawn:
        """A photo and its n variants, with what is known of each; `more`: fields of `drawing.Wanted`.

        photo: see `given.photo_of`. Samples are sRGB, or, if a file has another colour profile, encoded as
        that says. Hints are met so far as the luminance allows. PhotoError or UsageError say what to do.
        """
        return next(self.draw_all([photo], n, **more))

    def draw_all(
        self, photos: Iterable[object], n: int = 5, *, batch: int | None = None, **more: Any
    ) -> Iterator[Drawn]:
        """The same for many, one after the other, so many at a time as the device likes."""
        if unknown := set(more) - {field.name for field in dataclasses.fields(Wanted)}:
            raise UsageError(f"{min(unknown)}: there is no such setting of a drawing.")
        return drawn(self, photos, Wanted(n=n, **more), batch or default_batch_size(self.device))


def _tensor(views: NDArray[np.float32]) -> Tensor:
    """(B,h,w) -> (B,1,h,w)."""
    return torch.from_numpy(np.ascontiguousarray(views))[:, None]


def _placed(net: ColorNet, device: torch.device) -> ColorNet:
    try:
        with card_failures(device):
            net = channels_last(net.to(device))
            # Lanes have streams of their own, which do not wait for the one that the weights came by.
            kind_of(device).finish(device)
            return net
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(
            f"{device}: no memory left even for the network. Close other programs that use it, or use "
            "--device cpu."
        ) from error
