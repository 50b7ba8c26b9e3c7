"""The networks that `make bench-peers` rebuilds have the size and the work that are published."""

import importlib
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
NETWORKS = [("peer_ddcolor", "DDColorTiny", 2), ("peer_deoldify", "DeOldifyArtistic", 3)]
# Parameters of torchvision's classifiers, less the linear layer that ends them; ConvNeXt's norms of three
# stages more. Multiply-adds at 224 x 224 as in the papers.
ENCODERS = [
    ("peer_ddcolor", "ConvNeXtTiny", 28_589_128 - 1000 * 769 + 2 * (96 + 192 + 384), 4.5e9),
    ("peer_deoldify", "ResNet34", 21_797_672 - 1000 * 513, 3.6e9),
]


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)


def built(module, name):
    """Without memory for its weights."""
    with torch.device("meta"):
        return getattr(importlib.import_module(module), name)().eval().requires_grad_(False)


def parameters(network):
    return sum(x.numel() for x in network.parameters())


@pytest.mark.parametrize(("module", "name", "channels"), NETWORKS)
def test_a_network_has_the_published_parameters_and_makes_a_picture_of_the_size_given(module, name, channels):
    network, peer = built(module, name), importlib.import_module(module)
    assert parameters(network) == pytest.approx(peer.PUBLISHED, rel=0.005)
    made = network(torch.empty(1, 3, peer.SIDE, peer.SIDE, device="meta"))
    assert made.shape == (1, channels, peer.SIDE, peer.SIDE)


@pytest.mark.parametrize(("module", "name", "size", "work"), ENCODERS)
def test_an_encoder_is_that_of_the_paper(module, name, size, work):
    encoder = built(module, name)
    assert parameters(encoder) == size
    with FlopCounterMode(display=False) as counted:
        encoder(torch.empty(1, 3, 224, 224, device="meta"))
    assert counted.get_total_flops() / 2 == pytest.approx(work, rel=0.03)


@pytest.mark.parametrize(("module", "name", "channels"), NETWORKS)
def test_a_picture_depends_on_its_photo(module, name, channels):
    torch.manual_seed(0)
    network = built(module, name).to_empty(device="cpu")
    for x in network.parameters():
        torch.nn.init.normal_(x, std=0.05)
    for x in network.modules():
        if isinstance(x, torch.nn.BatchNorm2d):
            x.reset_running_stats()
    made = network(torch.rand(2, 3, 64, 64))
    assert made.shape == (2, channels, 64, 64)
    assert made.isfinite().all()
    assert (made[0] != made[1]).any()


def test_the_ratio_is_the_median_of_the_rounds_with_their_range():
    peers = importlib.import_module("peers")
    assert peers.ratios([10.0, 30.0, 11.0], [1.0, 2.0, 1.0]).split() == ["11.0", "x", "(10.0", "to", "15.0)"]


def test_the_products_of_attention_are_counted():
    peers, x = importlib.import_module("peers"), torch.rand(1, 1, 24, 8)
    attention = torch.nn.functional.scaled_dot_product_attention
    assert peers.multiply_adds(lambda: attention(x, x, x)) == 2 * 24 * 24 * 8
