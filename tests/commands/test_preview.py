import json
import re

import numpy as np
import pytest
import tifffile
from PIL import Image

from colorize_cli.cli import cli, run_guarded
from colorize_cli.commands import preview
from colorize_cli.errors import ExitCode
from tests.conftest import colour_scene, grey_scene, originals_untouched

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
    assert re.search(r"grey +1, weight \d+%", text_of(told.out))


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


def written(folder, name):
    with Image.open(folder / name) as picture:
        return np.asarray(picture.convert("RGB"))


def previewed_as_run(tmp_path, monkeypatch, arguments):
    """What a preview and a run with the same options, config and environment make of aunt.png."""
    seen = []
    monkeypatch.setattr(preview, "_show", lambda console, picture, tiles, captions: seen.append(tiles))
    photo = str(tmp_path / "aunt.png")
    assert run_guarded(cli, "colorize", ["preview", photo, *arguments]) == ExitCode.OK
    assert run_guarded(cli, "colorize", [photo, *arguments, "-o", str(tmp_path / "o"), "-q"]) == ExitCode.OK
    (tiles,) = seen
    return tiles[1:], [written(tmp_path / "o", f"aunt.color-{i}.png") for i in range(1, len(tiles))]


@pytest.fixture
def by_all_roads(tmp_path, tiny_grid_weights, monkeypatch):
    """Hints beside the photo, a palette on the command line, settings in the config and the environment."""
    pixels = grey_scene(90, 120, 1)
    pixels[:12] = pixels[-12:] = pixels[:, :12] = pixels[:, -12:] = 245  # a border, which stays white
    Image.fromarray(pixels).save(tmp_path / "aunt.png")
    hints = {"version": 1, "hints": [{"x": 0.5, "y": 0.5, "color": "#a03020"}]}
    (tmp_path / "aunt.hints.json").write_text(json.dumps(hints))
    (tmp_path / "colours.txt").write_text("#2050a0\n#20a050\n")
    (tmp_path / "config.toml").write_text("variants = 2\nif-exists = 'error'\nhints = 'soft'\n")
    monkeypatch.setenv("COLORIZE_SEED", "5")
    options = ["--config", str(tmp_path / "config.toml"), "--palette", str(tmp_path / "colours.txt")]
    return [*options, "--weights", str(tiny_grid_weights), "--device", "cpu", "--detail", "160"]


def test_a_preview_is_what_a_run_makes(tmp_path, monkeypatch, by_all_roads):
    shown, made = previewed_as_run(tmp_path, monkeypatch, by_all_roads)
    assert len(shown) == 2
    for tile, picture in zip(shown, made, strict=True):
        np.testing.assert_array_equal(tile, picture)


@pytest.mark.parametrize("change", [["--hints", "off"], ["--seed", "6"], ["--detail", "192"], ["-n", "3"]])
def test_each_of_them_counts(tmp_path, monkeypatch, by_all_roads, change):
    before, _ = previewed_as_run(tmp_path, monkeypatch, by_all_roads)
    (tmp_path / "o").rename(tmp_path / "before")
    after, made = previewed_as_run(tmp_path, monkeypatch, [*by_all_roads, *change])
    np.testing.assert_array_equal(after, made)
    assert len(after) != len(before) or any((a != b).any() for a, b in zip(after, before, strict=True))


def test_pages_and_colour_photos_are_those_of_a_run(shown, tmp_path):
    with tifffile.TiffWriter(tmp_path / "book.tif") as tiff:
        for seed in (1, 2):
            tiff.write(grey_scene(40, 60, seed), contiguous=False)
    Image.fromarray(colour_scene()).save(tmp_path / "new.png")
    code, told = shown(tmp_path / "book.tif", tmp_path / "new.png", "-n", 1)
    text = text_of(told.out)
    assert (code, "book.tif, page 1" in text, "book.tif, page 2" in text) == (ExitCode.OK, True, True)
    assert "already in colour" in told.err and "new.png" not in text


def test_tiles_are_small_whatever_the_photo(monkeypatch, tiny_weights, tmp_path):
    seen = []
    monkeypatch.setattr(preview, "_show", lambda console, picture, tiles, captions: seen.append(tiles))
    Image.fromarray(np.full((900, 1300), 90, np.uint8)).save(tmp_path / "large.png")
    options = ["preview", str(tmp_path / "large.png"), "-n", "2", "--weights", str(tiny_weights)]
    assert run_guarded(cli, "colorize", [*options, "--device", "cpu"]) == ExitCode.OK
    assert {tile.shape for tile in seen[0]} == {(354, 512, 3)}
