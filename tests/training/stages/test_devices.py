"""Nothing of a stage stays on the CPU: the device "meta" stands for a GPU, and refuses to mix, too."""

import numpy as np
import pytest
import torch

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_training.baselines.cgan import CGANTask
from colorize_training.baselines.cvae import CVAETask
from colorize_training.baselines.options import CGANOptions, CVAEOptions
from colorize_training.data.batches import load_batch
from colorize_training.data.photo_store import fill_store, store_spec
from colorize_training.data.sources import list_photos
from colorize_training.data.view_batches import Sizes, ViewBatches
from colorize_training.loop.task import Draw
from colorize_training.options import GridOptions, MDNOptions, VAEOptions
from colorize_training.stages.grid.task import GridTask
from colorize_training.stages.mdn import MDNTask
from colorize_training.stages.vae import VAE, VAETask
from tests.conftest import TINY_GRID

SMALL = {"backbone": "lite0", "view": 64, "mdn_widths": (4, 8)}
PHOTO = ModelConfig(**SMALL, encoder_widths=(4, 8), decoder_widths=(8, 8, 8, 8))
PAPER = ModelConfig(
    **SMALL, architecture="paper-skip", encoder_widths=(4, 8, 8, 8), decoder_widths=(8, 8, 8, 8)
)
TERMS = VAEOptions(objective="paper", mahalanobis_weight=0.1, l2_weight=0.1)

TASKS = {
    "vae": lambda cache: VAETask(PHOTO, cache, VAEOptions()),
    "paper": lambda cache: VAETask(PAPER, cache, TERMS),
    "mdn": lambda cache: MDNTask(PHOTO, cache, MDNOptions(), VAE(PHOTO)),
    "cvae": lambda cache: CVAETask(PAPER, cache, CVAEOptions()),
    "cgan": lambda cache: CGANTask(PAPER, cache, CGANOptions()),
}


@pytest.fixture
def numbers(monkeypatch):
    """Tensors without values have figures, all 1."""
    for name in ("item", "__float__"):
        monkeypatch.setattr(torch.Tensor, name, lambda tensor: 1.0)
    real = torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "cpu", lambda t: torch.ones(t.shape) if t.is_meta else real(t))


@pytest.mark.parametrize("name", TASKS)
def test_a_stage_is_trained_and_validated_where_its_module_is(colourful_cache, numbers, name):
    task = TASKS[name](colourful_cache)
    module = task.module.to("meta")
    batch = load_batch(colourful_cache, colourful_cache.rows(held_out=False)[:4], task.side).to("meta")
    loss, _ = task.loss(batch, 0, Draw(torch.Generator(), 0, 4))
    loss.backward()
    assert task.validate(module.eval())


def test_grid_is_trained_and_validated_where_its_module_is(photo_folder, tmp_path, numbers):
    items = list_photos([photo_folder])
    store = fill_store(items, tmp_path, store_spec(items), lambda count: None)
    task = GridTask(ColorNet(TINY_GRID), store, np.arange(2), Sizes(64, 64), GridOptions())
    module, rows = task.module.to("meta"), np.arange(16)
    batches = ViewBatches(store, rows, np.ones(16), Sizes(64, 64), 0, 0.3)
    loss, _ = task.loss(next(batches(4, 0, range(1))).to("meta"), 0, Draw(torch.Generator(), 0, 4))
    loss.backward()
    assert task.validate(module.eval())
