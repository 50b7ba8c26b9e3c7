"""Stage 1: the VAE learns an embedding of colour fields over frozen grey features (paper, sec. 3)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.vae import ColorDecoder, ColorEncoder, reparameterize

from . import losses
from .batches import Batch, in_batches, load_batch
from .cache import Cache, CacheSpec
from .checkpoint import load_averaged
from .draw import Draw
from .options import VAEOptions


class VAE(nn.Module):
    """The two halves that are trained together."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = ColorEncoder(config)
        self.decoder = ColorDecoder(config)


def config_for(spec: CacheSpec) -> ModelConfig:
    """The network that fits a cache."""
    return ModelConfig(backbone=spec.backbone, view=spec.view)


def trained_vae(config: ModelConfig, folder: Path) -> VAE:
    """The averaged VAE of a training folder, in evaluation mode; UsageError if stage 1 has not run there."""
    vae = VAE(config)
    load_averaged(vae, folder / "vae.pt")
    return vae.eval()


def field_histogram(cache: Cache, sample: int = 4000) -> NDArray[np.int64]:
    """Pixel counts per ab bin over evenly spaced training photos, (BINS, BINS)."""
    rows = cache.rows(held_out=False)
    rows = rows[:: max(1, len(rows) // sample)]
    counts = np.zeros(losses.BINS**2, np.int64)
    for part in in_batches(rows, 256):
        ab = torch.from_numpy(cache.arrays["ab"][part]).float().permute(0, 3, 1, 2) / 128.0
        counts += np.bincount(losses.bin_index(ab).flatten().numpy(), minlength=counts.size)
    return counts.reshape(losses.BINS, losses.BINS)


class VAETask:
    """Loss and validation of stage 1."""

    name = "vae"

    def __init__(self, config: ModelConfig, cache: Cache, options: VAEOptions) -> None:
        self.module = VAE(config)
        self.side = config.field
        self.cache, self.options = cache, options
        self.weights = losses.hist_weights(field_histogram(cache), options.hist_strength)

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """Reconstruction from a drawn code, plus the ramped KL."""
        o = self.options
        mu, log_var = self.module.encoder(batch.field.contiguous(memory_format=torch.channels_last))
        z = reparameterize(mu, log_var, draw.normal(*mu.shape))
        keep = (draw.uniform(len(z), 1) >= o.zero_code).to(z)
        out = self.module.decoder(z * keep, self.module.decoder.skips(batch.grey, batch.features))
        hist = losses.hist(out, batch.field, self.weights)
        gradient = losses.gradient(out, batch.field)
        kl = losses.kl(mu, log_var)
        ramp = min(1.0, (step + 1) / max(1, o.kl_ramp))
        total = hist + o.gradient_weight * gradient + o.kl_weight * ramp * kl
        return total, {"hist": hist.item(), "gradient": gradient.item(), "kl": kl.item()}

    @torch.inference_mode()
    def validate(self, module: VAE) -> dict[str, float]:
        """MAE on held-out photos as ratios to grey: from the encoder's own code and from z = 0."""
        sums = {"oracle": 0.0, "zero": 0.0, "grey": 0.0, "kl": 0.0, "cast": 0.0}
        rows = self.cache.rows(held_out=True)
        for part in in_batches(rows, 64):
            batch = load_batch(self.cache, part, self.side)
            mu, log_var = module.encoder(batch.field)
            skips = module.decoder.skips(batch.grey, batch.features)
            own = module.decoder(mu, skips)
            sums["oracle"] += float((own - batch.field).abs().mean()) * len(part)
            zero = module.decoder(torch.zeros_like(mu), skips)
            sums["zero"] += float((zero - batch.field).abs().mean()) * len(part)
            sums["grey"] += float(batch.field.abs().mean()) * len(part)
            sums["kl"] += float(losses.kl(mu, log_var)) * len(part)
            energy = own.square().sum(1).mean((1, 2)).clamp_min(1e-8)
            sums["cast"] += float((own.mean((2, 3)).square().sum(1) / energy).sum())
        grey = sums.pop("grey")
        ratios = {key: sums[key] / grey for key in ("oracle", "zero")}
        return ratios | {key: sums[key] / max(1, len(rows)) for key in ("kl", "cast")}
