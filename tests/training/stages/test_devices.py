"""Nothing of a stage stays on the CPU: the device "meta" stands for a GPU, and refuses to mix, too."""

import pytest
import torch

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_training.baselines.cgan import CGANTask
from colorize_training.baselines.cvae import CVAETask
from colorize_training.baselines.options import CGANOptions, CVAEOptions
from colorize_training.data.batches import load_batch
from colorize_training.loop.task import Draw
from colorize_training.options import MDNOptions, VAEOptions
from colorize_training.stages.joint.task import JointTask
from colorize_training.stages.mdn import MDNTask
from colorize_training.stages.vae import VAE, VAETask

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
    "joint": lambda cache: JointTask(ColorNet(PHOTO), cache, VAEOptions()),
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
