"""What can be measured, anything that gives a grey photo colours: a network, a baseline or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.device import choose_device
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.vae import AB_SCALE
from colorize_cli.model.weights import WeightsInfo

from ..baselines.files import is_baseline, load_baseline
from ..data.imagenet import imagenet_encoder
from ..stages.vae import trained_vae

Fields = NDArray[np.float32]


class Method(Protocol):
    """What `evaluate` measures; `Colorizer` is one."""

    @property
    def info(self) -> WeightsInfo:
        """Name for people, and sha256 of the file behind it."""

    @property
    def view_size(self) -> int:
        """Side in pixels of the square views that `fields` takes."""

    def fields(self, views: Fields, keys: Sequence[str], n: int, seed: int = 0) -> Fields:
        """Grey views (B,v,v) in [0,1] -> ab (B,n,2,f,f) in CIELAB units, the likeliest first.

        The same for the same key and seed, whatever else is in the batch.
        """


class DiverseColorizer:
    """A `Colorizer` whose variants are chosen with another diversity than its weights ask for."""

    def __init__(self, colorizer: Colorizer, diversity: float) -> None:
        self.info, self.view_size = colorizer.info, colorizer.view_size
        self._colorizer, self._diversity = colorizer, diversity

    def fields(self, views: Fields, keys: Sequence[str], n: int, seed: int = 0) -> Fields:
        """See `Method`."""
        return self._colorizer.fields(views, keys, n, seed, self._diversity)


class Reference(Protocol):
    """Colours that know the truth, for the floor and the ceiling of an error."""

    @property
    def info(self) -> WeightsInfo:
        """Name for people, and sha256 of the file behind it."""

    @property
    def view_size(self) -> int:
        """Side in pixels of the square views that `own_fields` takes."""

    @property
    def field_side(self) -> int:
        """Side in pixels of the true fields that `own_fields` takes."""

    def own_fields(self, views: Fields, truths: Fields) -> Fields:
        """Views (B,v,v), true ab (B,f,f,2) -> ab (B,2,2,f,f) decoded from z = 0 and from the own code."""


class Grey:
    """No colours at all: the row beside which every error is read."""

    info = WeightsInfo("grey", "")
    view_size = field_side = 8

    def fields(self, views: Fields, keys: Sequence[str], n: int, seed: int = 0) -> Fields:
        """Zeros (B,n,2,8,8)."""
        return np.zeros((len(keys), n, 2, 8, 8), np.float32)

    def own_fields(self, views: Fields, truths: Fields) -> Fields:
        """Zeros (B,2,2,8,8)."""
        return np.zeros((len(views), 2, 2, 8, 8), np.float32)


class OwnCodes:
    """The decoder of a network, fed with z = 0 and with what its encoder makes of the truth."""

    def __init__(self, net: ColorNet, info: WeightsInfo, device: torch.device) -> None:
        self.info = info
        self._net, self._device = net, device

    @property
    def view_size(self) -> int:
        """Side in pixels of the square views."""
        return self._net.config.view

    @property
    def field_side(self) -> int:
        """Side in pixels of the true fields."""
        return self._net.config.field

    @torch.inference_mode()
    def own_fields(self, views: Fields, truths: Fields) -> Fields:
        """See `Reference`."""
        net = self._net
        grey = torch.from_numpy(views)[:, None].to(self._device)
        mu, _ = net.encoder(torch.from_numpy(truths).permute(0, 3, 1, 2).to(self._device) / AB_SCALE)
        skips = net.decoder.skips(grey, net.backbone(grey))
        fields = net.decode(torch.stack([torch.zeros_like(mu), mu], dim=1), skips)
        return np.asarray((fields * AB_SCALE).cpu().numpy())


def reference_of(method: Method) -> Reference | None:
    """The reference that goes with `method`; None for what has no code of its own."""
    if isinstance(method, Colorizer):
        return OwnCodes(method.net, method.info, method.device)
    return None


def load_method(path: Path | None, device: str, name: str | None = None) -> Method:
    """A weights file of `colorize`, that of a baseline, or the shipped weights; WeightsError if it is none.

    `name` is shown instead of the file's own. Baselines run on the CPU.
    """
    if path is not None and is_baseline(path):
        baseline = load_baseline(path)
        baseline.info = _rename(baseline.info, name)
        return baseline
    colorizer = Colorizer.load(path, device)
    colorizer.info = _rename(colorizer.info, name)
    return colorizer


def load_reference(path: Path, device: str, name: str | None = None) -> Reference:
    """Encoder and decoder of a weights file or of a training folder; WeightsError or UsageError."""
    if not path.is_dir():
        colorizer = Colorizer.load(path, device)
        return OwnCodes(colorizer.net, _rename(colorizer.info, name), colorizer.device)
    chosen = choose_device(device)
    return OwnCodes(_with_stage_1(path).to(chosen), WeightsInfo(name or path.name, ""), chosen)


def _rename(info: WeightsInfo, name: str | None) -> WeightsInfo:
    return dataclasses.replace(info, name=name or info.name)


def _with_stage_1(folder: Path) -> ColorNet:
    """The network of a folder where stage 1 has run; its MDN is not trained."""
    vae = trained_vae(folder)
    net = ColorNet(vae.config)
    net.encoder, net.decoder = vae.encoder, vae.decoder
    if vae.config.architecture == "photo":
        net.backbone = imagenet_encoder(vae.config.backbone)
    return net.eval()
