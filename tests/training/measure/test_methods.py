"""From full-size photos to fields: networks of every architecture get what a run would give them."""

import dataclasses

import numpy as np
import pytest
import torch

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.errors import UsageError
from colorize_cli.image.colour.view import view
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import WeightsInfo
from colorize_training.baselines.cvae import CVAE
from colorize_training.baselines.files import save_baseline
from colorize_training.data.photo import ab_of, grey_of
from colorize_training.measure.methods import ColorizerMethod, load_method, task_of
from colorize_training.measure.references import reference_of
from tests.conftest import TINY
from tests.training.conftest import colour_scene

PAPER = dataclasses.replace(
    TINY,
    architecture="paper-skip",
    z_dim=64,
    encoder_widths=(4, 4, 4, 4),
    decoder_widths=(8, 4, 4, 4),
    mdn_widths=(4, 4, 4, 4, 4, 8),
)
WIDE, SQUARE = (
    np.ascontiguousarray(colour_scene(i, *size)[:, :, ::-1]) for i, size in enumerate([(72, 120), (90, 90)])
)


def method_of(net, **options):
    return ColorizerMethod(Colorizer(net, WeightsInfo("tiny", ""), torch.device("cpu")), **options)


@pytest.fixture
def paper():
    torch.manual_seed(0)
    net = ColorNet(PAPER).eval()
    with torch.no_grad():
        net.encoder.head.weight.mul_(1000)
    return net


@pytest.mark.parametrize("kind", ["tiny_net", "paper"])
def test_networks_of_one_view_see_the_square_that_they_always_saw(kind, request):
    method = method_of(request.getfixturevalue(kind))
    greys = [grey_of(photo) for photo in (WIDE, SQUARE)]
    squares = np.stack([task_of(grey, method.sizes).canvas.view(TINY.view) for grey in greys])
    np.testing.assert_allclose(squares, [view(grey, TINY.view) for grey in greys], atol=1 / 255)
    expected = method.colorizer.fields(squares, ["a", "b"], 2, 5)
    np.testing.assert_array_equal(method.fields(greys, ["a", "b"], 2, 5), expected)


def test_grid_networks_colour_a_view_of_the_shape_of_the_photo(tiny_grid):
    greys = [grey_of(photo) for photo in (WIDE, SQUARE, WIDE[:, ::-1])]
    method = method_of(tiny_grid)
    together = method.fields(greys, ["a", "b", "c"], 2)
    assert [fields.shape for fields in together] == [(2, 2, 16, 32), (2, 2, 24, 24), (2, 2, 16, 32)]
    np.testing.assert_array_equal(together[1], method.fields(greys[1:2], ["b"], 2)[0])


def test_detail_and_diversity_are_those_of_a_run(tiny_grid):
    grey = grey_of(SQUARE)
    finer, diverse, plain = (
        method_of(tiny_grid, **options).fields([grey], ["a"], 2)[0]
        for options in ({"detail": 160}, {"diversity": 1.0}, {})
    )
    assert finer.shape[-2:] == (40, 40)
    assert not np.array_equal(diverse[1], plain[1])


@pytest.mark.parametrize(("kind", "side"), [("tiny_net", 16), ("paper", 64), ("tiny_grid", 24)])
def test_the_own_code_knows_the_true_colours_and_no_code_does_not(kind, side, request):
    reference = reference_of(method_of(request.getfixturevalue(kind)))
    grey, other = grey_of(SQUARE), np.ascontiguousarray(SQUARE[:, :, ::-1])
    (zero, own), (zero_again, of_others) = reference.own_fields([grey, grey], [SQUARE, other])
    assert own.shape == (2, side, side)
    np.testing.assert_array_equal(zero, zero_again)
    assert np.abs(own - of_others).max() > 1e-3 < np.abs(own - zero).max()


@torch.inference_mode()
def test_the_own_code_of_a_grid_network_is_of_the_view_that_is_coloured(tiny_grid):
    method = method_of(tiny_grid, detail=160)
    _, own = reference_of(method).own_fields([grey_of(WIDE)], [WIDE])[0]
    net, seen = method.colorizer.net, torch.from_numpy(view(grey_of(WIDE), (128, 192)))[None, None]
    truth = torch.from_numpy(ab_of(WIDE, (32, 48))).permute(2, 0, 1)[None] / 128
    mu, _ = net.encoder(truth, seen)
    expected = 128 * net.decode(mu[:, None], net.decoder.skips(seen, net.backbone(seen)))[0, 0]
    np.testing.assert_allclose(own, expected, atol=0.5)


def test_a_network_with_another_diversity_still_has_its_own_codes(tiny_net):
    assert reference_of(method_of(tiny_net, diversity=0.5)) is not None


def test_baselines_take_neither_diversity_nor_detail(tmp_path):
    config = dataclasses.replace(PAPER, z_dim=64)
    save_baseline(tmp_path / "cvae.safetensors", "cvae", CVAE(config))
    assert load_method(tmp_path / "cvae.safetensors", "cpu").info.name == "cvae"
    with pytest.raises(UsageError, match="--detail"):
        load_method(tmp_path / "cvae.safetensors", "cpu", detail=256)
