"""Run by test_distributed.py, in one process or several: train a stage and save where each process ended.

With a folder for signals, rank 1 (or the only process) waits after step 3 until the test has signalled it.
"""

import os
import sys
import time
from pathlib import Path

import torch

from colorize_cli.model.config import ModelConfig
from colorize_training.data.batches import CacheBatches
from colorize_training.data.cache import Cache
from colorize_training.loop.train import train
from colorize_training.options import MDNOptions, TrainOptions, VAEOptions
from colorize_training.stages.mdn import MDNTask
from colorize_training.stages.vae import VAE, VAETask

CONFIG = ModelConfig(
    backbone="lite0",
    view=64,
    encoder_widths=(4, 8),
    decoder_widths=(8, 8, 8, 8),
    mdn_widths=(4, 8),
    mdn_dropout=0.0,
    z_dim=8,
)


def stage_task(stage, cache, rank):
    # Unlike start values: the first process's must be taken.
    torch.manual_seed(0)
    vae = VAE(CONFIG)
    torch.manual_seed(rank)
    if stage == "vae":
        return VAETask(CONFIG, cache, VAEOptions())
    task = MDNTask(CONFIG, cache, MDNOptions(), vae)
    # Batch norms take the statistics of each process's own photos.
    task.module.fine[1] = task.module.coarse[1] = torch.nn.Identity()
    return task


def wait_for_signal(folder):
    (folder / "here").touch()
    while not (folder / "signalled").exists():
        time.sleep(0.01)


def main(stage, cache_folder, folder, batch_size, signals=None):
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    cache, folder = Cache.open(Path(cache_folder)), Path(folder)
    task = stage_task(stage, cache, rank)
    options = TrainOptions(steps=6, batch_size=int(batch_size), warmup=1, device="cpu", validate_every=3)

    def tick(step):
        if signals is not None and step == 3 and rank == world - 1:
            wait_for_signal(Path(signals))

    batches = CacheBatches(cache, cache.rows(held_out=False), task.side)
    complete = train(task, batches, folder, options, lambda row: None, tick=tick)
    torch.save({"complete": complete, "weights": task.module.state_dict()}, folder / f"rank{rank}.pt")


if __name__ == "__main__":
    main(*sys.argv[1:])
