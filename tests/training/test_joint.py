import numpy as np
import pytest
import torch

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import modes
from colorize_cli.model.network import ColorNet
from colorize_training.batches import load_batch
from colorize_training.draw import Draw
from colorize_training.joint import Joint, JointTask, _delivered, field_errors
from colorize_training.options import VAEOptions

CONFIG = ModelConfig(
    backbone="lite0", view=64, encoder_widths=(4, 8), decoder_widths=(8, 8, 8, 8), mdn_widths=(4, 8)
)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return ColorNet(CONFIG).eval()


def test_the_best_code_is_the_mode_that_decodes_nearest_to_the_truth(net, colourful_cache):
    batch = load_batch(colourful_cache, np.arange(4), 16)
    skips = net.decoder.skips(batch.grey, batch.features)
    mixture = net.mdn(batch.features)
    wanted = mixture.mu[torch.arange(4), mixture.log_pi.topk(5, dim=1).indices[:, 3]]
    truth = net.decoder(wanted, skips).detach()
    first, best, _ = _delivered(
        Joint(net), mixture, skips, truth, 1.0, Draw(torch.Generator().manual_seed(0), 0, 4)
    )
    torch.testing.assert_close(best, wanted)
    torch.testing.assert_close(first, modes(mixture)[0][:, 0])


def test_likelihood_does_not_pull_at_the_encoder(net, colourful_cache):
    task = JointTask(net, colourful_cache, VAEOptions(hist_weight=0, gradient_weight=0, kl_weight=0))
    loss, _ = task.loss(
        load_batch(colourful_cache, np.arange(4), 16), 0, Draw(torch.Generator().manual_seed(0), 0, 4)
    )
    loss.backward()
    assert all(p.grad is None or not p.grad.any() for p in net.encoder.parameters())
    assert any(p.grad is not None and p.grad.any() for p in net.mdn.parameters())


def test_errors_are_ordered_and_those_of_the_delivered_saturation(net, colourful_cache):
    rows = np.arange(6)
    errors = field_errors(Joint(net), colourful_cache, rows, CONFIG)
    assert (errors.best <= errors.first).all() and (errors.best <= errors.mean).all()
    truth = load_batch(colourful_cache, rows, 16).field
    np.testing.assert_allclose(errors.grey, truth.abs().mean((1, 2, 3)), rtol=1e-5)
