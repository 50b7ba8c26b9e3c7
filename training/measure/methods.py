"""What can be measured: anything that gives a grey photo colours, be it a network, a baseline or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.vae import AB_SCALE
from colorize_cli.model.weights import WeightsInfo

Fields = NDArray[np.float32]


class Colors(Protocol):
    """What `evaluate` measures; `colorize_cli.engine.Colorizer` is one."""

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


class Diverse:
    """A `Colorizer` whose variants are chosen with another diversity than its weights ask for."""

    def __init__(self, colorizer: Colorizer, diversity: float) -> None:
        self.info, self.view_size = colorizer.info, colorizer.view_size
        self._colorizer, self._diversity = colorizer, diversity

    def fields(self, views: Fields, keys: Sequence[str], n: int, seed: int = 0) -> Fields:
        """See `Colors`."""
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


def reference_of(colors: Colors) -> Reference | None:
    """The reference that goes with `colors`; None for what has no code of its own."""
    if isinstance(colors, Colorizer):
        return OwnCodes(colors.net, colors.info, colors.device)
    return None
