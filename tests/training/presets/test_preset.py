import click
import pytest
import torch
from click.testing import CliRunner

from colorize_cli.errors import UsageError
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_training.commands.options import preset_option
from colorize_training.commands.stages import mdn, vae
from colorize_training.options import TrainOptions, VAEOptions
from colorize_training.presets.preset import load_preset, preset_names


@click.command("vae")
@preset_option("photo")
@click.option("--lr", default=7.0)
@click.option("--kl-weight", default=7.0)
def fake_vae(preset, lr, kl_weight):
    click.echo(f"{preset.name} {lr} {kl_weight}")


def run(*words):
    return CliRunner().invoke(fake_vae, [str(w) for w in words], standalone_mode=False)


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text("[model]\nz_dim = 8\n[vae]\nlr = 0.5\n")
    return path


def test_a_flag_beats_the_preset_and_the_preset_the_default(own):
    assert run("--preset", own).output.split()[1:] == ["0.5", "7.0"]
    assert run("--preset", own, "--lr", 3).output.split()[1:] == ["3.0", "7.0"]


def test_the_network_is_that_of_the_preset(own):
    assert load_preset(str(own)).config(view=64) == ModelConfig(z_dim=8, view=64)


@pytest.mark.parametrize(
    "text", ["[vae]\nrate = 1\n", "[model]\nrate = 1\n", "[rate]\nlr = 1\n", "rate = 1\n"]
)
def test_an_unknown_key_is_named(tmp_path, text):
    (tmp_path / "bad.toml").write_text(text)
    result = run("--preset", tmp_path / "bad.toml")
    with pytest.raises(UsageError, match="rate"):
        if result.exception:
            raise result.exception
        load_preset(str(tmp_path / "bad.toml")).config()


@pytest.mark.parametrize("field", ['z_dim = "8"', "encoder_widths = 8", "z_dim = true", "z_dim = 8.5"])
def test_a_field_of_another_kind_is_named(tmp_path, field):
    (tmp_path / "bad.toml").write_text(f"[model]\n{field}\n")
    with pytest.raises(UsageError, match=field.split()[0]):
        load_preset(str(tmp_path / "bad.toml")).config()


def values(command, *words):
    """What a command would be called with."""
    return command.make_context(command.name, ["--cache", "c", "--run", "r", *map(str, words)]).params


def test_photo_is_the_default_and_changes_nothing_of_the_vae_but_its_length():
    given = values(vae)
    expected = vars(TrainOptions(steps=9000)) | vars(VAEOptions())
    assert {key: given[key] for key in expected} == expected


def test_the_loop_of_the_mdn_is_its_own_and_flags_beat_it():
    given = values(mdn, "--lr", 0.5)
    found = [given[key] for key in ("batch_size", "lr", "weight_decay", "ema")]
    assert found == [64, 0.5, 0.05, 0.995]


def test_a_preset_that_does_not_exist_names_those_that_do():
    with pytest.raises(UsageError, match="paper-small"):
        load_preset("papper")


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_builds_its_network(name):
    with torch.device("meta"):
        ColorNet(load_preset(name).config())
