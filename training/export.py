"""`export`: the averaged weights of both stages and the backbone -> one weights file for `colorize`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import save_weights

from .checkpoint import chosen_checkpoint, load_averaged
from .configuration import history
from .prepare import imagenet_encoder
from .vae import trained_vae


def export(
    folder: Path,
    output: Path,
    name: str,
    *,
    best: bool = False,
    temperature: float | None = None,
    saturation: float | None = None,
) -> None:
    """Write the weights file of a training folder to `output`; UsageError if a stage is missing."""
    vae = trained_vae(folder, best=best)
    given = {"temperature": temperature, "saturation": saturation}
    config = dataclasses.replace(vae.config, **{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    net = ColorNet(config)
    load_averaged(net.mdn, chosen_checkpoint(folder, "mdn", best=best))
    net.backbone, net.encoder, net.decoder = imagenet_encoder(config.backbone), vae.encoder, vae.decoder
    output.parent.mkdir(parents=True, exist_ok=True)
    told = {stage: history(folder, stage, best=best) for stage in ("vae", "mdn")}
    save_weights(output, net.eval(), name, told)
