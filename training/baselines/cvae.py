"""The CVAE of the paper (sec. 6.3): the decoder with skips, z ~ N(0,1) when it colours."""

from __future__ import annotations

import torch
from torch import Tensor

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.networks.paper import PaperDecoder, PaperEncoder, small_grey
from colorize_cli.model.networks.vae import reparameterize

from ..data.batches import Batch, in_batches, load_batch
from ..data.cache import Cache
from ..loop.runtime import device_of
from ..loop.task import Draw
from ..losses import photo
from ..losses.reconstruction import reconstruction
from .options import CVAEOptions
from .sampler import Sampler
from .validation import sample_figures


class CVAE(Sampler):
    """Encoder of colours and grey together, Q(z|C,G), and decoder over the grey picture, P(C|z,G)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.encoder = PaperEncoder(config, inputs=3)
        self.decoder = PaperDecoder(config)

    def encode(self, grey: Tensor, field: Tensor) -> tuple[Tensor, Tensor]:
        """mu and log_var of Q(z|C,G)."""
        mu, log_var = self.encoder(torch.cat([field, small_grey(grey, self.config.field)], dim=1))
        return mu, log_var

    def sample(self, grey: Tensor, n: int, generator: torch.Generator) -> Tensor:
        """The grey view (1,1,v,v) of one photo -> n fields (n,2,f,f) decoded from z ~ N(0,1)."""
        z = torch.randn(n, self.config.z_dim, generator=generator).to(grey)
        skips = [skip.expand(n, -1, -1, -1) for skip in self.decoder.skips(grey, ())]
        fields: Tensor = self.decoder(z, skips)
        return fields


class CVAETask:
    """Loss and validation of the CVAE."""

    name, score, needs_features = "cvae", "eob", False

    def __init__(self, config: ModelConfig, cache: Cache, options: CVAEOptions) -> None:
        self.module = CVAE(config)
        self.side = config.field
        self.cache, self.options = cache, options
        self.reconstruction = reconstruction(cache, options.reconstruction())

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """Reconstruction from a drawn code, plus the ramped KL."""
        mu, log_var = self.module.encode(batch.grey, batch.field)
        z = reparameterize(mu, log_var, draw.normal(*mu.shape))
        out = self.module.decoder(z, self.module.decoder.skips(batch.grey, ()))
        total, figures = self.reconstruction(out, batch.field)
        kl = photo.kl(mu, log_var)
        ramp = min(1.0, (step + 1) / max(1, self.options.kl_ramp))
        return total + self.options.kl_weight * ramp * kl, figures | {"kl": kl.item()}

    @torch.inference_mode()
    def validate(self, module: CVAE) -> dict[str, float]:
        """Figures of samples from the prior, the error of the own code to grey, and the KL in nats."""
        sums = {"oracle": 0.0, "grey": 0.0, "kl": 0.0}
        rows = self.cache.rows(held_out=True)
        for part in in_batches(rows, 64):
            batch = load_batch(self.cache, part, self.side, features=False)
            grey, field = batch.grey.to(device_of(module)), batch.field.to(device_of(module))
            mu, log_var = module.encode(grey, field)
            own = module.decoder(mu, module.decoder.skips(grey, ()))
            sums["oracle"] += float((own - field).abs().mean()) * len(part)
            sums["grey"] += float(field.abs().mean()) * len(part)
            sums["kl"] += float(photo.kl(mu, log_var)) * len(part)
        return sample_figures(module, self.cache) | {
            "oracle": sums["oracle"] / sums["grey"],
            "kl": sums["kl"] / max(1, len(rows)),
        }
