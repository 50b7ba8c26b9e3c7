"""Stage 1: the VAE learns an embedding of colour fields over frozen grey features (paper, sec. 3)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import build_decoder, build_encoder
from colorize_cli.model.networks.vae import reparameterize

from ..data.batches import Batch, in_batches, load_batch
from ..data.cache import Cache
from ..loop.checkpoint import chosen_checkpoint, load_averaged
from ..loop.configuration import config_of
from ..loop.runtime import device_of
from ..loop.task import Draw
from ..losses import grid, photo
from ..losses.reconstruction import reconstruction
from ..options import VAEOptions


class VAE(nn.Module):
    """The two halves that are trained together."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config: ModelConfig = config
        self.encoder = build_encoder(config)
        self.decoder = build_decoder(config)


def trained_vae(folder: Path, *, best: bool = False) -> VAE:
    """The averaged VAE of a training folder, in evaluation mode; UsageError if stage 1 has not run there."""
    vae = VAE(config_of(folder / "vae.pt"))
    load_averaged(vae, chosen_checkpoint(folder, "vae", best=best))
    return vae.eval()


class VAETask:
    """Loss and validation of stage 1."""

    name = "vae"
    score = "oracle"

    def __init__(self, config: ModelConfig, cache: Cache, options: VAEOptions) -> None:
        self.module = VAE(config)
        self.side = config.field
        self.cache, self.options = cache, options
        # The paper's networks read the grey picture itself, or nothing.
        self.needs_features = config.architecture == "photo"
        self.reconstruction = reconstruction(cache, options)

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """Reconstruction from a drawn code, plus the ramped KL."""
        o = self.options
        mu, log_var = self.module.encoder(batch.field.contiguous(memory_format=torch.channels_last))
        z = reparameterize(mu, log_var, draw.normal(*mu.shape))
        keep = (draw.uniform(len(z), 1) >= o.zero_code).to(z)
        out = self.module.decoder(z * keep, self.module.decoder.skips(batch.grey, batch.features))
        total, figures = self.reconstruction(out, batch.field)
        kl = photo.kl(mu, log_var)
        ramp = min(1.0, (step + 1) / max(1, o.kl_ramp))
        return total + o.kl_weight * ramp * kl, figures | {"kl": kl.item()}

    @torch.inference_mode()
    def validate(self, module: VAE) -> dict[str, float]:
        """MAE on held-out photos as ratios to grey: from the encoder's own code and from z = 0."""
        sums = {"oracle": 0.0, "zero": 0.0, "grey": 0.0, "kl": 0.0, "cast": 0.0}
        rows = self.cache.rows(held_out=True)
        for part in in_batches(rows, 64):
            batch = load_batch(self.cache, part, self.side, features=self.needs_features)
            batch = batch.to(device_of(module))
            mu, log_var = module.encoder(batch.field)
            skips = module.decoder.skips(batch.grey, batch.features)
            own = module.decoder(mu, skips)
            sums["oracle"] += float((own - batch.field).abs().mean()) * len(part)
            zero = module.decoder(torch.zeros_like(mu), skips)
            sums["zero"] += float((zero - batch.field).abs().mean()) * len(part)
            sums["grey"] += float(batch.field.abs().mean()) * len(part)
            sums["kl"] += float(photo.kl(mu, log_var)) * len(part)
            sums["cast"] += float(grid.cast(own).sum())
        grey = sums.pop("grey")
        ratios = {key: sums[key] / grey for key in ("oracle", "zero")}
        return ratios | {key: sums[key] / max(1, len(rows)) for key in ("kl", "cast")}
