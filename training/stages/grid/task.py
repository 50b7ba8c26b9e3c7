"""The stage of grid networks for the training loop: module, loss, figures on held-out photos."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from colorize_cli.engine.protocol import SampleOptions
from colorize_cli.engine.sampling import Photos, sample_variants
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.vae import AB_SCALE

from ...data.photo_store import PhotoStore
from ...data.view_batches import Sizes, ViewBatch, whole_batches
from ...loop.runtime import device_of
from ...loop.task import Draw
from ...losses import grid
from ...metrics import Errors
from ...options import GridOptions
from .critic import Critic, Eyes, critic_loss
from .loss import forward, grid_loss

_VARIANTS = 5


class GridNet(nn.Module):
    """A `ColorNet` in training: its backbone learns slowly and keeps ImageNet's batch-norm statistics.

    One backbone sees views of two sizes and many shapes, and without statistics to take a step is a third
    faster on a CPU.
    """

    def __init__(self, net: ColorNet, *, backbone_rate: float, critic: Critic | None = None) -> None:
        super().__init__()
        self.net, self.critic = net, critic
        self.rates = {"net.backbone.": backbone_rate}

    def train(self, mode: bool = True) -> Self:
        """All but the backbone's batch norms."""
        super().train(mode)
        for part in self.net.backbone.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.eval()
        return self


class GridTask:
    """Trains all of a grid network at once."""

    name = "grid"
    score = "eob"

    def __init__(
        self,
        net: ColorNet,
        store: PhotoStore,
        held_out: NDArray[np.int64],
        sizes: Sizes,
        options: GridOptions,
    ) -> None:
        critic = Critic() if options.critic_photos else None
        self.eyes = Eyes() if options.critic_photos else None
        self.module = GridNet(net, backbone_rate=options.backbone_rate, critic=critic)
        self.store, self.held_out, self.sizes, self.options = store, held_out, sizes, options

    def loss(self, batch: ViewBatch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """See `grid_loss` and `critic_loss`."""
        fields = forward(self.module.net, batch, draw, self.options)
        loss, figures = grid_loss(fields, batch, step, self.options)
        if self.module.critic is None or self.eyes is None:
            return loss, figures
        judged, more = critic_loss(self.module.critic, self.eyes, fields, batch, draw, self.options)
        return loss + judged, figures | more

    def validate(self, module: GridNet) -> dict[str, float]:
        """Errors of delivered variants over grey's, casts, and the first one's chroma over the truth's."""
        rows = [_measured(module.net, batch) for batch in self._batches(module)]
        sums = {name: float(np.concatenate([row[name] for row in rows]).mean()) for name in rows[0]}
        errors = {name: sums[name] / sums["grey"] for name in ("eob", "top1", "mean")}
        return errors | {
            "cast1": sums["cast1"],
            "cast5": sums["cast5"],
            "chroma1": sums["chroma1"] / sums["chroma"],
        }

    def _batches(self, module: nn.Module) -> list[ViewBatch]:
        device = device_of(module)
        return [batch.to(device) for batch in whole_batches(self.store, self.held_out, self.sizes)]


def field_errors(net: ColorNet, store: PhotoStore, rows: NDArray[np.int64], sizes: Sizes) -> Errors:
    """Errors of the delivered variants of whole photos."""
    found = [_measured(net, batch) for batch in whole_batches(store, rows, sizes)]
    columns = ("eob", "top1", "mean", "grey")
    return Errors(*(np.concatenate([f[name] for f in found]).astype(np.float64) for name in columns))


@torch.inference_mode()
def _measured(net: ColorNet, batch: ViewBatch) -> dict[str, NDArray[np.float32]]:
    fields = delivered(net, batch)
    truth = batch.field[:, None]
    error = grid.error(fields, truth)
    cast, chroma = grid.cast(fields), grid.chroma(fields).mean((-2, -1))
    found = {
        "eob": error.amin(1),
        "top1": error[:, 0],
        "mean": error.mean(1),
        "grey": batch.field.abs().mean((1, 2, 3)),
        "cast1": cast[:, 0],
        "cast5": cast[:, -1],
        "chroma1": chroma[:, 0],
        "chroma": grid.chroma(batch.field).mean((1, 2)),
    }
    return {name: value.cpu().numpy() for name, value in found.items()}


def delivered(net: ColorNet, batch: ViewBatch) -> Tensor:
    """The fields (B,5,2,h,w), ab / 128, of the variants that an engine would choose."""
    config, b = net.config, len(batch.grey)
    noise = torch.zeros(b, max(_VARIANTS, config.components), config.z_dim, device=batch.grey.device)
    options = SampleOptions(_VARIANTS, diversity=config.diversity)
    rows = sample_variants(net, Photos(batch.code, batch.grey), noise, [None] * b, options)
    return rows[:, :, 3:].reshape(b, _VARIANTS, *batch.field.shape[1:]) / AB_SCALE
