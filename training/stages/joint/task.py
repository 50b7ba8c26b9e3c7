"""Both stages at once: VAE and MDN trained on the same batch, starting from weights that exist.

Fine-tuning goes this way, and so do the last hours of the weights that ship. Stage 2 after stage 1 would
read every photo twice and leave the two apart: here the MDN follows the codes while the encoder still
moves, and the variants themselves are compared with the truth.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import modes
from colorize_cli.model.network import ColorNet
from colorize_cli.model.variants.saturation import mean_chroma

from ...data.batches import Batch, in_batches, load_batch
from ...data.cache import Cache
from ...data.statistics import field_histogram
from ...loop.runtime import device_of
from ...loop.task import Draw
from ...losses import photo
from ...losses.perceptual import Perceptual
from ...metrics import Errors
from ...options import JointOptions, VAEOptions
from .loss import KINDS, Recipe, candidates_of, deliver, joint_loss, variants_of
from .network import JointNet
from .revive import alive

Floats = NDArray[np.float64]


@torch.inference_mode()
def _measure(module: JointNet, cache: Cache, rows: NDArray[np.int64], config: ModelConfig) -> Floats:
    """(6, photos): errors of best, first and all of five modes, of grey; mean cast; chroma of the first."""
    parts = []
    for part in in_batches(rows, 64):
        batch = load_batch(cache, part, config.field).to(device_of(module))
        features = module.backbone(batch.features)
        skips = module.decoder.skips(batch.grey, features)
        codes = candidates_of(modes(module.mdn(features))[0], config)
        fields, _ = deliver(module.decoder, codes, skips, config)
        taken = variants_of(fields, config)
        fields = torch.take_along_dim(fields, taken[:, :, None, None, None], 1)
        error = (fields - batch.field[:, None]).abs().mean((2, 3, 4))
        cast = photo.cast(fields.flatten(0, 1)).reshape(fields.shape[:2]).mean(1)
        grey = batch.field.abs().mean((1, 2, 3))
        chroma = mean_chroma(fields[:, 0]) / mean_chroma(batch.field).clamp_min(1e-3)
        parts.append(torch.stack([error.min(1).values, error[:, 0], error.mean(1), grey, cast, chroma]))
    measured: Floats = torch.cat(parts, dim=1).cpu().double().numpy()
    return measured


def field_errors(module: JointNet, cache: Cache, rows: NDArray[np.int64], config: ModelConfig) -> Errors:
    """Errors of the first five modes on cached photos, at the size of the colour field."""
    return Errors(*_measure(module, cache, rows, config)[:4])


def _weights(cache: Cache, strength: float, of_best: float | None) -> dict[str, Tensor]:
    """Weights of the colour bins for each kind of decoded codes."""
    histogram = field_histogram(cache)
    weights = photo.hist_weights(histogram, strength)
    of_kinds = dict.fromkeys(KINDS, weights)
    return of_kinds if of_best is None else of_kinds | {"best": photo.hist_weights(histogram, of_best)}


class JointTask:
    """Loss and validation of both stages together, on rows of a cache."""

    name = "joint"
    score = "eob"
    needs_features = True

    def __init__(
        self,
        net: ColorNet,
        cache: Cache,
        options: VAEOptions,
        joint: JointOptions | None = None,
        held_out: NDArray[np.int64] | None = None,
    ) -> None:
        self.joint = JointOptions() if joint is None else joint
        self.module = JointNet(net, backbone_rate=self.joint.backbone_rate)
        self.config, self.side = net.config, net.config.field
        self.cache = cache
        self.held_out = cache.rows(held_out=True) if held_out is None else held_out
        perceptual = Perceptual() if self.joint.perceptual_weight > 0.0 else None
        weights = _weights(cache, options.hist_strength, self.joint.best_hist_strength)
        self.recipe = Recipe(options, self.joint, weights, self.config, perceptual)

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """See `joint_loss`."""
        if self.recipe.perceptual is not None:
            self.recipe.perceptual.to(batch.field.device)
        return joint_loss(self.module, batch, draw, self.recipe)

    def validate(self, module: JointNet) -> dict[str, float]:
        """Errors over grey's, mean cast, the first variant's chroma over the truth's; on held-out rows."""
        measured = _measure(module, self.cache, self.held_out, self.config)
        best, first, mean, grey, cast, _ = measured.mean(1).tolist()
        ratios = {"eob": best / grey, "top1": first / grey, "mean": mean / grey}
        chroma = {"cast": cast, "chroma1": float(np.median(measured[5]))}
        return ratios | chroma | self._health(module)

    @torch.inference_mode()
    def _health(self, module: JointNet) -> dict[str, float]:
        """How far the means of the mixture differ from photo to photo, and `revive.alive`.

        Both have been near 0 without any loss telling: an MDN blind for photos, a decoder deaf for codes.
        """
        batch = load_batch(self.cache, self.held_out[:64], self.side).to(device_of(module))
        means = module.mdn(module.backbone(batch.features)).mu
        codes, _ = module.encoder(batch.field)
        return {
            "mu_std": float(means.std(0, correction=0).mean()),
            "code_alive": alive(module.decoder, codes),
        }
