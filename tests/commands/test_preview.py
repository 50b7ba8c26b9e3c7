import re

import numpy as np
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.commands import preview
from colorize_cli.errors import ExitCode
from tests.conftest import originals_untouched

# textual-image 0.12 on Pillow 12; it works until Pillow 14.
pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")


@pytest.fixture
def shown(tiny_weights, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")

    def run(*arguments):
        options = ("--weights", tiny_weights, "--device", "cpu")
        with originals_untouched(tmp_path):
            code = run_guarded(cli, "colorize", ["preview", *map(str, (*arguments, *options))])
        return code, capsys.readouterr()

    return run


def text_of(out):
    return re.sub(r"\x1b\[[0-9;]*m", "", out)


def test_grey_and_variants_are_shown_and_nothing_is_written(shown, album):
    before = sorted(album.rglob("*"))
    code, told = shown(album / "aunt.jpg", "-n", 2)
    assert (code, sorted(album.rglob("*"))) == (ExitCode.OK, before)
    assert text_of(told.out).split("\n")[0] == "aunt.jpg"
    assert "▀" in told.out
    assert re.search(r"grey +1 \(\d+%\)", text_of(told.out))


def test_rows_are_no_wider_than_the_terminal(shown, album):
    _, told = shown(album / "aunt.jpg", "-n", 3, "--as", "blocks")
    assert max(len(line) for line in text_of(told.out).splitlines()) <= 60


@pytest.mark.parametrize(("protocol", "sign"), [("kitty", "\U0010eeee"), ("sixel", "\x1bP")])
def test_terminals_that_can_show_pictures_get_pictures(shown, album, protocol, sign):
    _, told = shown(album / "aunt.jpg", "-n", 1, "--as", protocol)
    assert sign in told.out


def test_a_photo_that_cannot_be_read_does_not_hide_the_others(shown, album):
    (album / "bad.jpg").write_bytes(b"no picture")
    code, told = shown(album / "bad.jpg", album / "aunt.jpg", "-n", 1)
    assert code == ExitCode.SOME_INPUTS_FAILED
    assert "bad.jpg" in told.err
    assert "aunt.jpg" in told.out


def test_tiles_are_small_whatever_the_photo(shown, monkeypatch, tiny_weights, tmp_path):
    from PIL import Image

    from colorize_cli import Colorizer

    Image.fromarray(np.full((900, 1300), 90, np.uint8)).save(tmp_path / "large.png")
    colorizer = Colorizer.load(tiny_weights, "cpu")
    tiles, captions = preview._tiles(colorizer, tmp_path / "large.png", 2, 0, 0.0)
    assert {tile.shape for tile in tiles} == {(354, 512, 3)}
    assert captions[0] == "grey"
