"""Stage 2: the MDN learns P(z|G) over the codes that the trained encoder gives (paper, sec. 4)."""

from __future__ import annotations

import torch
from torch import Tensor

from colorize_cli.errors import UsageError
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import log_prob, min_component_loss, modes
from colorize_cli.model.network import build_mdn
from colorize_cli.model.networks.layout import freeze
from colorize_cli.model.networks.mdn import ColorMDN
from colorize_cli.model.networks.paper import PaperMDN
from colorize_cli.model.networks.vae import reparameterize

from ..data.batches import Batch, in_batches, load_batch
from ..data.cache import Cache
from ..loop.runtime import device_of
from ..loop.task import Draw
from ..options import MDNOptions
from .vae import VAE

_LOSSES = {"likelihood": lambda mixture, z: -log_prob(mixture, z), "min-component": min_component_loss}


class MDNTask:
    """Loss and validation of stage 2; encoder and decoder are those of stage 1, frozen."""

    name = "mdn"
    score = "best"
    needs_features = True

    def __init__(self, config: ModelConfig, cache: Cache, options: MDNOptions, vae: VAE) -> None:
        self.module = build_mdn(config)
        self.side = config.field
        self.cache, self.options = cache, options
        self.vae = freeze(vae)
        if options.loss not in _LOSSES:
            raise UsageError(f"No loss of the MDN is called {options.loss!r}: {', '.join(_LOSSES)}.")
        self.objective = _LOSSES[options.loss]

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """Negative log-likelihood of a freshly drawn code, per dimension of z."""
        self.vae.to(batch.field.device)
        with torch.no_grad():
            mu, log_var = self.vae.encoder(batch.field)
            z = reparameterize(mu, log_var, draw.normal(*mu.shape))
        nll = self.objective(self.module(batch.features), z).mean() / z.shape[1]
        return nll, {"nll": nll.item()}

    @torch.inference_mode()
    def validate(self, module: ColorMDN | PaperMDN) -> dict[str, float]:
        """Held-out likelihood, and the errors of the decoded modes as ratios to grey."""
        sums = {"nll": 0.0, "top1": 0.0, "best": 0.0, "mean": 0.0, "grey": 0.0}
        rows = self.cache.rows(held_out=True)
        self.vae.to(device_of(module))
        for part in in_batches(rows, 64):
            batch = load_batch(self.cache, part, self.side).to(device_of(module))
            mixture = module(batch.features)
            mu, _ = self.vae.encoder(batch.field)
            sums["nll"] -= float(log_prob(mixture, mu).sum()) / mu.shape[1]
            skips = self.vae.decoder.skips(batch.grey, batch.features)
            codes = modes(mixture)[0][:, : self.options.variants].unbind(1)
            error = torch.stack(
                [(self.vae.decoder(z, skips) - batch.field).abs().mean((1, 2, 3)) for z in codes], dim=1
            )
            sums["top1"] += float(error[:, 0].sum())
            sums["best"] += float(error.min(1).values.sum())
            sums["mean"] += float(error.mean(1).sum())
            sums["grey"] += float(batch.field.abs().mean((1, 2, 3)).sum())
        grey = sums.pop("grey")
        nll = sums.pop("nll") / max(1, len(rows))
        return {"nll": nll} | {key: value / grey for key, value in sums.items()}
