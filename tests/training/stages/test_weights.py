import dataclasses

import pytest
import torch

from colorize_cli.errors import UsageError
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import save_weights
from colorize_training.commands.stages import is_new
from colorize_training.stages.vae import VAE
from colorize_training.stages.weights import start_mdn, start_vae

CONFIG = ModelConfig(
    backbone="lite0", view=64, encoder_widths=(4, 8), decoder_widths=(8, 8, 8, 8), mdn_widths=(4, 8)
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("start") / "w.safetensors"
    torch.manual_seed(5)
    save_weights(path, ColorNet(dataclasses.replace(CONFIG, saturation=1.3, mdn_dropout=0.1)).eval(), "w")
    return path


def test_a_run_starts_from_the_parts_of_a_weights_file(weights):
    vae, net = VAE(CONFIG), ColorNet(CONFIG)
    start_vae(vae, weights)
    start_mdn(net.mdn, CONFIG, weights)
    torch.manual_seed(5)
    expected = ColorNet(CONFIG)
    torch.testing.assert_close(vae.decoder.head.weight, expected.decoder.head.weight, atol=1e-3, rtol=1e-2)
    torch.testing.assert_close(net.mdn.head.weight, expected.mdn.head.weight, atol=1e-3, rtol=1e-2)


def test_weights_of_another_network_are_refused(weights):
    with pytest.raises(UsageError, match="another network"):
        start_vae(VAE(dataclasses.replace(CONFIG, z_dim=8)), weights)


def test_a_run_that_has_begun_is_not_started_again_from_weights(weights, tmp_path, capsys):
    assert is_new(weights, tmp_path / "vae.pt")
    (tmp_path / "vae.pt").touch()
    assert not is_new(weights, tmp_path / "vae.pt")
    assert "--start is left aside" in capsys.readouterr().err
