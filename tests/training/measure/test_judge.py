"""The judge, with random weights, and with a stand-in what `evaluate` does with it."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch

from colorize_cli.commands.guard import run_guarded
from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.errors import ExitCode, UsageError
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import WeightsInfo
from colorize_training.cli import cli
from colorize_training.data import imagenet
from colorize_training.data.sources import list_photos
from colorize_training.measure import judge
from colorize_training.measure.evaluate import evaluate
from colorize_training.measure.methods import ColorizerMethod, Grey
from tests.conftest import TINY

CPU = torch.device("cpu")


@pytest.fixture
def tiny_judge():
    """Six features of a random network, all positive, as those of the real one."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 9, 9), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
    )

    @torch.inference_mode()
    def look(squares):
        assert squares.shape[1:] == (judge.SIDE, judge.SIDE, 3)
        return network(torch.from_numpy(squares).permute(0, 3, 1, 2).float() / 255).numpy() + 1e-3

    return look


@pytest.fixture
def items(photo_folder):
    return list_photos([photo_folder])


class Truth:
    """Variant 1 is grey, variant 2 the truth."""

    info = WeightsInfo("truth", "")

    def __init__(self, items):
        self.photos = iter(items)

    def fields(self, greys, keys, n, seed=0):
        rgbs = [cv2.imread(str(next(self.photos).container))[:, :, ::-1] for _ in greys]
        labs = [cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for rgb in rgbs]
        return [np.stack([0 * ab, ab]) for ab in (lab[:, :, 1:].transpose(2, 0, 1) for lab in labs)]


def test_the_square_is_the_middle_of_the_picture():
    picture = np.zeros((50, 80, 3), np.uint8)
    picture[:, 15:65] = 200
    seen = judge.square(picture)
    assert seen.shape == (224, 224, 3) and seen.min() == seen.max() == 200


def test_features_are_those_of_the_reference_network_in_colour(monkeypatch):
    package = pytest.importorskip("efficientnet_lite_pytorch")
    torch.manual_seed(0)
    # The reference bakes the padding of one picture size into its layers.
    reference = package.EfficientNet.from_name("efficientnet-lite2", image_size=judge.SIDE).eval()
    monkeypatch.setattr(imagenet, "imagenet_weights", lambda variant: reference.state_dict())
    squares = np.random.default_rng(0).integers(0, 256, (2, judge.SIDE, judge.SIDE, 3), np.uint8)
    pixels = torch.from_numpy(squares).permute(0, 3, 1, 2).float()
    with torch.inference_mode():
        expected = reference.extract_features((pixels - 127) / 128).mean((2, 3)).numpy()
    np.testing.assert_allclose(judge.open_judge(CPU)(squares), expected, rtol=1e-3, atol=1e-4)


def test_true_pictures_are_nearer_than_grey_ones(items, tiny_judge):
    rows = evaluate(Truth(items), items, variants=2, judge=tiny_judge).rows
    for name in ("kid", "feat"):
        grey, true = rows[f"{name} 1"].figure, rows[f"{name} 2"].figure
        assert grey.value == pytest.approx(1.0, abs=0.1)
        assert true.value < 0.2
        assert true.low <= true.value <= true.high


def test_without_a_judge_there_is_neither_kid_nor_feat(items):
    assert not any(name.startswith(("kid", "feat")) for name in evaluate(Grey(), items[:2]).rows)


def test_who_sees_with_the_judges_eyes_is_not_judged(items, tiny_judge):
    net = ColorNet(dataclasses.replace(TINY, backbone="lite2")).eval()
    method = ColorizerMethod(Colorizer(net, WeightsInfo("mine", ""), CPU))
    with pytest.raises(UsageError, match=r"mine.*--no-judge"):
        evaluate(method, items, judge=tiny_judge)
    assert evaluate(method, items[:1], variants=1).photos == 1


def run(*arguments):
    return run_guarded(cli, "colorize-train", ["evaluate", "--device", "cpu", *map(str, arguments)])


def test_the_command_asks_the_judge_where_it_is_installed(
    photo_folder, tiny_grid_weights, tiny_judge, monkeypatch, capsys
):
    monkeypatch.setattr(judge, "open_judge", lambda device: tiny_judge)
    words = (photo_folder, "--weights", tiny_grid_weights, "-n", 2, "--half", "odd", "--every", 2)
    for installed, extra, there in ((True, (), True), (False, (), False), (True, ("--no-judge",), False)):
        monkeypatch.setattr(judge, "is_installed", lambda installed=installed: installed)
        assert run(*words, *extra, "--detail", 160) == 0
        printed = capsys.readouterr()
        assert "4 photos" in printed.out
        assert all(f"| {name} 2 " in printed.out for name in ("blotch", "edge", "dcf"))
        assert all((f"| {name} 2 " in printed.out) == there for name in ("kid", "feat"))
        assert ("kid and feat are left out" in printed.err) == (not installed)


def test_half_of_one_photo_may_be_nothing(photo_folder, tiny_weights, capsys):
    words = (photo_folder / "00.png", "--weights", tiny_weights, "--no-judge", "-n", 1)
    assert run(*words, "--half", "even") == 0
    assert run(*words, "--half", "odd") == ExitCode.NO_USABLE_INPUT
    assert "00.png is the only one" in capsys.readouterr().err.replace("\n", "")
