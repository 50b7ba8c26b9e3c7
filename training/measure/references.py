"""Colours that know the truth: what a decoder makes of a photo's own code, and of none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.device import choose_device
from colorize_cli.engine.task import ColourTask, ViewSizes
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.grid import GridEncoder
from colorize_cli.model.networks.vae import AB_SCALE
from colorize_cli.model.weights import WeightsInfo

from ..data.imagenet import imagenet_encoder
from ..data.photo import ab_of
from ..stages.vae import trained_vae
from .methods import Bytes, ColorizerMethod, Fields, Method, renamed, task_of


class Reference(Protocol):
    """Colours that know the truth, for the floor and the ceiling of an error."""

    @property
    def info(self) -> WeightsInfo:
        """Name for people, and sha256 of the file behind it."""

    def own_fields(self, greys: Sequence[Bytes], rgbs: Sequence[Bytes]) -> list[Fields]:
        """Grey photos (H,W), true ones (H,W,3) RGB -> of each, ab (2,2,f,g) of z = 0 and of its own code."""


class OwnCodes:
    """The decoder of a network, fed with z = 0 and with what its encoder makes of the truth.

    sizes: how large the network sees photos; None: as its config says.
    """

    def __init__(
        self, net: ColorNet, info: WeightsInfo, device: torch.device, sizes: ViewSizes | None = None
    ) -> None:
        self.info = info
        self._net, self._device = net, device
        self._sizes = ViewSizes(net.config.view, net.config.detail) if sizes is None else sizes

    def own_fields(self, greys: Sequence[Bytes], rgbs: Sequence[Bytes]) -> list[Fields]:
        """See `Reference`."""
        photos = zip(greys, rgbs, strict=True)
        return [self._decoded(task_of(grey, self._sizes), rgb) for grey, rgb in photos]

    @torch.inference_mode()
    def _decoded(self, task: ColourTask, rgb: Bytes) -> Fields:
        view = task.view if task.colour_view is None else task.colour_view
        grey = torch.from_numpy(view)[None, None].to(self._device)
        code = self._code(grey, rgb)
        skips = self._net.decoder.skips(grey, self._net.backbone(grey))
        fields = self._net.decode(torch.stack([torch.zeros_like(code), code], dim=1), skips)
        return np.asarray((fields[0] * AB_SCALE).cpu().numpy())

    def _code(self, grey: Tensor, rgb: Bytes) -> Tensor:
        """The code (1,d) of the true colours, by an encoder that knows one size or sees the grey, too."""
        encoder, side = self._net.encoder, self._net.config.field
        if isinstance(encoder, GridEncoder):
            mu, _ = encoder(self._field(rgb, (grey.shape[2] // 4, grey.shape[3] // 4)), grey)
        else:
            mu, _ = encoder(self._field(rgb, (side, side)))
        code: Tensor = mu
        return code

    def _field(self, rgb: Bytes, size: tuple[int, int]) -> Tensor:
        return torch.from_numpy(ab_of(rgb, size)).permute(2, 0, 1)[None].to(self._device) / AB_SCALE


def reference_of(method: Method) -> Reference | None:
    """The reference that goes with `method`; None for what has no code of its own."""
    if not isinstance(method, ColorizerMethod):
        return None
    return OwnCodes(method.colorizer.net, method.info, method.colorizer.device, method.sizes)


def load_reference(path: Path, device: str, name: str | None = None) -> Reference:
    """Encoder and decoder of a weights file or of a training folder; WeightsError or UsageError."""
    if not path.is_dir():
        colorizer = Colorizer.load(path, device)
        return OwnCodes(colorizer.net, renamed(colorizer.info, name), colorizer.device)
    chosen = choose_device(device)
    return OwnCodes(_with_stage_1(path).to(chosen), WeightsInfo(name or path.name, ""), chosen)


def _with_stage_1(folder: Path) -> ColorNet:
    """The network of a folder where stage 1 has run; its MDN is not trained."""
    vae = trained_vae(folder)
    net = ColorNet(vae.config)
    net.encoder, net.decoder = vae.encoder, vae.decoder
    if vae.config.architecture == "photo":
        net.backbone = imagenet_encoder(vae.config.backbone)
    return net.eval()
