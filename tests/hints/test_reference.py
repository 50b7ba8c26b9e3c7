import cv2
import numpy as np
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode, UsageError
from colorize_cli.hints.hint import ab_of
from colorize_cli.hints.palette import Palette, united
from colorize_cli.hints.reference import read_reference

RED, GREEN = "#b03030", "#2f8040"


def flag(path, *colours):
    """Stripes of colours above a grey one."""
    stripes = [[int(colour[i : i + 2], 16) for i in (5, 3, 1)] for colour in (*colours, "#808080")]
    cv2.imwrite(str(path), np.repeat(np.array(stripes, np.uint8)[:, None], 60, 1).repeat(40, 0))
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_the_main_colours_are_the_palette(tmp_path, suffix):
    found = np.array(read_reference(flag(tmp_path / f"a.{suffix}", RED, RED, GREEN)).colours)
    for wanted in (RED, GREEN):
        assert np.linalg.norm(found - ab_of(wanted), axis=1).min() < 6
    assert np.linalg.norm(found[0] - ab_of(RED)) < 6 and len(found) <= 8


def test_it_is_the_same_every_time(tmp_path):
    rng = np.random.default_rng(0)
    cv2.imwrite(str(tmp_path / "a.png"), rng.integers(0, 255, (90, 120, 3), np.uint8))
    assert read_reference(tmp_path / "a.png") == read_reference(tmp_path / "a.png")


def test_what_has_no_colours_is_no_reference(tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    for path in (flag(tmp_path / "grey.png"), tmp_path / "text.jpg", tmp_path / "none.png"):
        with pytest.raises(UsageError, match=path.name):
            read_reference(path)


def test_it_joins_a_palette():
    one, other = Palette(((1.0, 2.0),)), Palette(((1.0, 2.0), (3.0, 4.0)))
    assert united(one, other) == other and united(None, one) == one


def test_a_run_with_a_reference_gives_other_pictures(tmp_path, album, tiny_weights):
    common = ["--weights", str(tiny_weights), "--device", "cpu", "-n", "1", "--format", "png", str(album)]
    made = {}
    for name, options in (("plain", []), ("red", ["--reference", str(flag(tmp_path / "r.png", RED))])):
        assert run_guarded(cli, "colorize", [*common, "-o", str(tmp_path / name), *options]) in (0, 3)
        made[name] = next((tmp_path / name).rglob("aunt.color-1.png")).read_bytes()
    assert made["plain"] != made["red"]
    assert b"a palette of" in made["red"] and b"a palette of" not in made["plain"]


def test_palette_strength_goes_with_a_reference(tmp_path, album):
    options = ["--reference", str(flag(tmp_path / "r.png", RED)), "--palette-strength", "2", "--dry-run"]
    assert run_guarded(cli, "colorize", [str(album), *options]) == 0
    assert run_guarded(cli, "colorize", [str(album), *options[2:]]) == ExitCode.USAGE
