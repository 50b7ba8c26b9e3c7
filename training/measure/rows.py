"""The rows of the tables: weights, baselines and training folders, opened as something to measure."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.device import choose_device
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.vae import AB_SCALE
from colorize_cli.model.weights import WeightsInfo

from ..baselines.files import is_baseline, load_baseline
from ..data.cache import Cache
from ..data.imagenet import imagenet_encoder
from ..data.statistics import bin_of, field_statistics
from ..stages.vae import trained_vae
from .methods import Colors, Fields, OwnCodes, Reference
from .tables import Rarity


def load_colors(path: Path | None, device: str, name: str | None = None) -> Colors:
    """A weights file of `colorize`, that of a baseline, or the shipped weights; WeightsError if it is none.

    `name` is shown instead of the file's own. Baselines run on the CPU.
    """
    if path is not None and is_baseline(path):
        baseline = load_baseline(path)
        baseline.info = _named(baseline.info, name)
        return baseline
    colorizer = Colorizer.load(path, device)
    colorizer.info = _named(colorizer.info, name)
    return colorizer


def load_reference(path: Path, device: str, name: str | None = None) -> Reference:
    """Encoder and decoder of a weights file or of a training folder; WeightsError or UsageError."""
    if not path.is_dir():
        colorizer = Colorizer.load(path, device)
        return OwnCodes(colorizer.net, _named(colorizer.info, name), colorizer.device)
    chosen = choose_device(device)
    return OwnCodes(_half_trained(path).to(chosen), WeightsInfo(name or path.name, ""), chosen)


def _named(info: WeightsInfo, name: str | None) -> WeightsInfo:
    return dataclasses.replace(info, name=name or info.name)


def _half_trained(folder: Path) -> ColorNet:
    """The network of a folder where stage 1 has run; its MDN is not trained."""
    vae = trained_vae(folder)
    net = ColorNet(vae.config)
    net.encoder, net.decoder = vae.encoder, vae.decoder
    if vae.config.architecture == "photo":
        net.backbone = imagenet_encoder(vae.config.backbone)
    return net.eval()


def rarity_of(cache: Cache) -> Rarity:
    """Weights 1 / H of pixels, by the bins of the cache's training photos, as the paper's colour loss has.

    Pixels of bins that no training photo fills weigh nothing: their H is not known.
    """
    # One pixel stands for none in the prior. Weighed so, 152 pixels in 2 of the 829 photos of val.zip
    # made up nine tenths of the weighted error of grey.
    prior = field_statistics(cache).prior
    rarity = torch.where(prior > 1.5 * prior.min(), 1.0 / prior, 0.0)

    def weights(truth: Fields) -> Fields:
        field = torch.from_numpy(truth).permute(2, 0, 1)[None] / AB_SCALE
        return np.asarray(rarity[bin_of(field)[0]].numpy(), np.float32)

    return weights
