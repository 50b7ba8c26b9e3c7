"""Choosing within the life of a folder: colour, pick, colour again, verify."""

import json
import subprocess
import sys

import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.output.picks import Choice, write_picks
from tests.conftest import originals_untouched
from tests.folders import tree


@pytest.fixture
def colorize(album):
    def run(*arguments):
        with originals_untouched(album):
            return run_guarded(cli, "colorize", [str(a) for a in arguments])

    return run


@pytest.fixture
def options(album, tiny_weights):
    return [album, "--weights", tiny_weights, "--device", "cpu"]


@pytest.fixture
def out(colorize, album, options):
    out = album.with_name("album-colorized")
    colorize(*options, "-n", 3, "-q")
    write_picks(out / "picks.json", [Choice("aunt", variant=2), Choice("1912/crowd", variant=0)])
    assert colorize("pick", out) == ExitCode.OK
    return out


def test_a_run_leaves_picked_photos_alone_and_verify_knows_them(colorize, out, options, capsys):
    before = tree(out)
    capsys.readouterr()
    assert colorize(*options, "-n", 3) == ExitCode.OK
    assert "Nothing to do: 3 photos" in capsys.readouterr().err
    assert colorize("verify", out) == ExitCode.OK
    assert (tree(out), "9 pictures, 0 with" in capsys.readouterr().err) == (before, True)


@pytest.mark.parametrize("others", [("-n", 5), ("--seed", 7), ("--quality", 50), ("--no-trust-mtime",)])
def test_other_settings_make_pictures_of_other_photos_only(colorize, out, options, others):
    before = tree(out)
    assert colorize(*options, *others) == ExitCode.OK
    changed = {name for name, sha in tree(out).items() if before.get(name) != sha}
    assert all(name.startswith("boat") for name in changed)
    assert colorize("verify", out, "-q") == ExitCode.OK


def test_after_undo_a_run_goes_on_with_them(colorize, out, options):
    assert colorize("pick", out, "--others", "delete") == ExitCode.OK
    assert colorize("pick", out, "--undo") == ExitCode.OK
    assert colorize(*options, "-n", 4) == ExitCode.OK
    assert len([name for name in tree(out) if ".color-" in name]) == 12
    assert colorize("verify", out, "-q") == ExitCode.OK


def test_the_grey_comes_back_from_a_picked_picture(colorize, out, tmp_path):
    assert colorize("to-gray", out / "aunt.jpg", "-o", tmp_path / "g") == ExitCode.OK


def test_a_run_that_is_asked_for_a_gallery_says_where_it_is(colorize, out, options, tmp_path, capsys):
    for _ in range(2):  # also when nothing is to do
        assert colorize(*options, "-n", 3, "--gallery", "--report", tmp_path / "r") == ExitCode.OK
        assert f"Gallery: {out / 'gallery.html'}" in capsys.readouterr().err
    summary = json.loads((tmp_path / "r").read_text().splitlines()[-1])
    assert summary["galleries"] == [str(out / "gallery.html")]
    assert tree(out)["gallery.html"]


def test_a_run_without_one_names_the_command_and_is_quiet_if_asked(colorize, options, tmp_path, capsys):
    colorize(*options, "-n", 1, "-o", tmp_path / "o")
    assert f"colorize gallery {tmp_path / 'o'}" in capsys.readouterr().err
    colorize(*options, "-n", 1, "-o", tmp_path / "p", "-q", "--gallery")
    assert capsys.readouterr() == ("", "")


def test_a_damaged_file_of_picks_costs_a_run_its_gallery_only(colorize, out, options, capsys):
    (out / "picks.json").write_text("{")
    assert colorize(*options, "-n", 3, "--gallery") == ExitCode.OK
    assert "not a file of picks" in capsys.readouterr().err


def test_a_pick_brings_the_page_that_is_there_up_to_date(colorize, out, capsys):
    colorize("gallery", out, "-q")
    assert "aunt.jpg" in (out / "gallery.html").read_text()
    colorize("pick", out, "--undo", "-q")
    assert '"name":"aunt.jpg"' not in (out / "gallery.html").read_text()


def test_neither_gallery_nor_pick_loads_torch(out):
    code = "import sys; from colorize_cli.cli import cli, run_guarded; "
    code += "print(run_guarded(cli, 'colorize', sys.argv[1:]), 'torch' in sys.modules)"
    for command in (["gallery", str(out), "-q"], ["pick", str(out), "-q"]):
        done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True)
        assert done.stdout.splitlines()[-1] == "0 False", done.stderr
