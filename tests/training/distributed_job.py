"""Run under torchrun by test_distributed.py: train a stage on the cache and save where each process ended."""

import sys
from pathlib import Path

import torch

from colorize_cli.model.config import ModelConfig
from colorize_training.cache import Cache
from colorize_training.mdn import MDNTask
from colorize_training.options import MDNOptions, TrainOptions, VAEOptions
from colorize_training.trainer import train
from colorize_training.vae import VAE, VAETask

CONFIG = ModelConfig(
    backbone="lite0",
    view=64,
    encoder_widths=(4, 8),
    decoder_widths=(8, 8, 8, 8),
    mdn_widths=(4, 8),
    mdn_dropout=0.0,
    z_dim=8,
)


def main(stage, cache_folder, folder, batch_size, rank):
    cache = Cache.open(Path(cache_folder))
    torch.manual_seed(0)
    vae = VAE(CONFIG)
    if stage == "vae":
        task = VAETask(CONFIG, cache, VAEOptions())
    else:
        task = MDNTask(CONFIG, cache, MDNOptions(), vae)
    options = TrainOptions(steps=6, batch_size=int(batch_size), warmup=1, device="cpu", validate_every=3)
    train(task, cache, Path(folder), options, lambda row: None)
    torch.save(task.module.state_dict(), Path(folder) / f"rank{rank}.pt")


if __name__ == "__main__":
    import os

    main(*sys.argv[1:], os.environ.get("RANK", "0"))
