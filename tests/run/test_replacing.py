"""Pictures that a person has retouched, and what is in the place of a picture when it is made."""

from pathlib import Path

import cv2
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.run.pipeline import Pipeline
from tests.conftest import grey_scene


@pytest.fixture
def colorize(tmp_path, tiny_weights):
    cv2.imwrite(str(tmp_path / "aunt.png"), grey_scene(60, 80))

    def run(*arguments):
        options = ["-o", str(tmp_path / "out"), "-n", "2", "--weights", str(tiny_weights), "--device", "cpu"]
        return run_guarded(cli, "colorize", [*map(str, arguments or [tmp_path / "aunt.png"]), *options])

    return run


def retouch(path):
    """Another picture of the same size."""
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    return bytes(data)


@pytest.fixture
def retouched(colorize, tmp_path):
    assert colorize() == ExitCode.OK
    return tmp_path / "out/aunt.color-1.png", retouch(tmp_path / "out/aunt.color-1.png")


def test_a_retouched_picture_of_the_same_size_stays(colorize, tmp_path, retouched, capsys):
    path, mine = retouched
    other = (tmp_path / "out/aunt.color-2.png").read_bytes()
    assert colorize(tmp_path / "aunt.png", "--seed", 7) == ExitCode.OK
    assert path.read_bytes() == mine
    assert (tmp_path / "out/aunt.color-2.png").read_bytes() != other
    assert "aunt.color-1.png was changed since it was made" in capsys.readouterr().err


def test_it_stays_when_the_scan_changes(colorize, tmp_path, retouched):
    cv2.imwrite(str(tmp_path / "aunt.png"), grey_scene(60, 80, 9))
    assert colorize() == ExitCode.OK
    assert retouched[0].read_bytes() == retouched[1]


def test_if_exists_says_what_becomes_of_it(colorize, tmp_path, retouched):
    path, mine = retouched
    photo = tmp_path / "aunt.png"
    assert colorize(photo, "--seed", 7, "--if-exists", "error") == ExitCode.OUTPUT
    assert colorize(photo, "--seed", 7, "--if-exists", "rename") == ExitCode.OK
    assert path.read_bytes() == mine
    assert (tmp_path / "out/aunt.color-1~2.png").exists()


def test_overwriting_is_done_when_asked_for(colorize, tmp_path, retouched):
    path, mine = retouched
    assert colorize(tmp_path / "aunt.png", "--seed", 7, "--if-exists", "overwrite") == ExitCode.OK
    assert path.read_bytes() != mine


def test_another_format_has_its_own_suffix_and_replaces_what_a_run_has_made(colorize, tmp_path):
    assert colorize() == ExitCode.OK
    retouch(tmp_path / "out/aunt.color-2.png")
    assert colorize(tmp_path / "aunt.png", "--format", "jpeg") == ExitCode.OK
    pictures = {path.name: path.read_bytes()[:3] for path in (tmp_path / "out").glob("aunt*")}
    mine, jpeg = b"\x89PN", b"\xff\xd8\xff"
    assert pictures == {
        "aunt.color-1.jpg": jpeg,
        "aunt.color-2.jpg": jpeg,
        "aunt.color-2.png": mine,
    }
    assert run_guarded(cli, "colorize", ["verify", str(tmp_path / "out")]) == ExitCode.OK


def test_a_folder_in_the_way_costs_its_photo_alone(colorize, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "uncle.png"), grey_scene(60, 80, 3))
    (tmp_path / "out/aunt.color-1.png/inside").mkdir(parents=True)
    photos = [tmp_path / "aunt.png", tmp_path / "uncle.png"]
    assert colorize(*photos, "--if-exists", "overwrite") == ExitCode.SOME_INPUTS_FAILED
    assert (tmp_path / "out/aunt.color-1.png/inside").is_dir()
    assert (tmp_path / "out/uncle.color-1.png").exists()
    assert "aunt.color-1.png: a folder has the name of a picture" in capsys.readouterr().err


def test_what_comes_into_its_place_during_the_run_stays(colorize, tmp_path, monkeypatch, capsys):
    real = Pipeline._corrected

    def corrected(self, item):
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out/aunt.color-2.png").write_text("mine")
        return real(self, item)

    monkeypatch.setattr(Pipeline, "_corrected", corrected)
    assert colorize() == ExitCode.NO_USABLE_INPUT
    assert (tmp_path / "out/aunt.color-2.png").read_text() == "mine"
    assert "was changed while the run went on" in capsys.readouterr().err


def test_a_name_too_long_with_its_suffix_fails_alone(colorize, tmp_path, capsys):
    long = tmp_path / f"{'x' * 245}.png"
    Path(long).write_bytes((tmp_path / "aunt.png").read_bytes())
    assert colorize(long, tmp_path / "aunt.png") == ExitCode.SOME_INPUTS_FAILED
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [".colorize", "aunt.color-1.png", "aunt.color-2.png"]
    assert "its name is too long" in capsys.readouterr().err
