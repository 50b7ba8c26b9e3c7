"""`export`: the averaged weights of both stages and the backbone -> one weights file for `colorize`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from colorize_cli.errors import UsageError
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import save_weights

from ..data.imagenet import imagenet_encoder
from ..loop.checkpoint import chosen_checkpoint, load_averaged
from ..loop.configuration import config_of, history
from ..options import VariantOptions
from .vae import trained_vae
from .weights import blend, load_matching


def export(
    folder: Path,
    output: Path,
    name: str,
    *,
    best: bool = False,
    share: float = 1.0,
    base: Path | None = None,
    variants: VariantOptions,
) -> None:
    """Write the weights file of a training folder to `output`; UsageError if a stage is missing.

    A `share` below 1 leaves the rest to the weights of the file `base`; UsageError if they do not fit.
    """
    if (share < 1.0) != (base is not None):
        raise UsageError("--blend and --blend-with go together: give both or none.")
    stages, load = _sources(folder)
    net = load(folder, best=best)
    training = {stage: history(folder, stage, best=best) for stage in stages}
    if base is not None:
        other, info = load_matching(net.config, base)
        net.load_state_dict(blend(other, net, share))
        training["blend"] = {"share": share, "with_sha256": info.sha256}
    given = {name: value for name, value in vars(variants).items() if value is not None}
    net.config = dataclasses.replace(net.config, **given)
    output.parent.mkdir(parents=True, exist_ok=True)
    save_weights(output, net.eval(), name, training)


def _sources(folder: Path) -> tuple[tuple[str, ...], Callable[..., ColorNet]]:
    """The stages whose weights are taken, and what opens them."""
    return (("grid",), _of_grid) if (folder / "grid.pt").exists() else (("vae", "mdn"), _of_stages)


def _of_grid(folder: Path, *, best: bool) -> ColorNet:
    net = ColorNet(config_of(folder / "grid.pt"))
    load_averaged(net, chosen_checkpoint(folder, "grid", best=best), "net.")
    return net


def _of_stages(folder: Path, *, best: bool) -> ColorNet:
    vae = trained_vae(folder, best=best)
    net = ColorNet(vae.config)
    load_averaged(net.mdn, chosen_checkpoint(folder, "mdn", best=best))
    net.encoder, net.decoder = vae.encoder, vae.decoder
    net.backbone = imagenet_encoder(net.config.backbone)
    return net
