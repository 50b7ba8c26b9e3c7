import copy

import numpy as np
import pytest
import torch

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_training.data.batches import load_batch
from colorize_training.stages.joint.revive import alive, revive

PHOTO = ModelConfig(backbone="lite0", view=64, encoder_widths=(4, 8), decoder_widths=(8, 8, 8, 8))
CODES = torch.randn(64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def net():
    torch.manual_seed(0)
    return ColorNet(PHOTO).eval()


def silence(net, count):
    net.decoder.code[2].bias.data[:count] = -100.0
    net.decoder.code[2].weight.data[:count] = 0.0


def test_silent_units_are_told(net):
    silence(net, 32)
    assert alive(net.decoder, CODES) <= 1 - 32 / 128


def test_revived_units_fire_and_the_network_computes_what_it_did(net, colourful_cache):
    silence(net, 32)
    before = copy.deepcopy(net)
    assert revive(net, colourful_cache) >= 32
    assert alive(net.decoder, CODES) > 0.99
    batch = load_batch(colourful_cache, np.arange(4), 16)
    skips = net.decoder.skips(batch.grey, batch.features)
    torch.testing.assert_close(net.decoder(CODES[:4], skips), before.decoder(CODES[:4], skips))
    assert not torch.equal(net.decoder.code(CODES), before.decoder.code(CODES))


def test_revived_units_learn(net, colourful_cache):
    silence(net, 128)
    revive(net, colourful_cache)
    batch = load_batch(colourful_cache, np.arange(4), 16)
    skips = [skip[:1].expand(64, -1, -1, -1) for skip in net.decoder.skips(batch.grey, batch.features)]
    net.decoder(CODES, skips).sum().backward()
    assert net.decoder.gate.weight.grad.abs().sum(0).min() > 0


def test_decoders_without_a_code_mlp_have_nothing_to_revive(net, colourful_cache):
    net.decoder = torch.nn.Identity()
    assert revive(net, colourful_cache) == 0
    assert alive(net.decoder, CODES) == 1.0
