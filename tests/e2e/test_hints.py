"""Hints and palettes from the command line to the pictures."""

import json

import cv2
import numpy as np
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.image.metadata.provenance import provenance_in
from colorize_cli.image.reading import read_photo
from tests.conftest import originals_untouched

COAT = {"x": 0.5, "y": 0.5, "color": "#8a2020", "radius": 0.03, "label": "coat"}


def guidance(album, name):
    """What a picture says of the colours that people have given."""
    return provenance_in(read_photo(album.with_name("album-colorized") / name).metadata.xmp).guidance


def say(album, *hints, name="aunt.hints.json"):
    (album / name).write_text(json.dumps({"version": 1, "hints": list(hints)}))


@pytest.fixture
def run(album, tiny_weights, capsys):
    """Exit code, the report's lines of photos by name, and what was said."""

    def run(*arguments):
        options = ["-n", "2", "--weights", str(tiny_weights), "--device", "cpu", "--json", "--format", "png"]
        with originals_untouched(album.parent):
            code = run_guarded(cli, "colorize", [str(album), *options, *map(str, arguments)])
        told = capsys.readouterr()
        lines = [json.loads(line) for line in told.out.splitlines()]
        photos = {
            line["source"].rpartition("/")[2]: line for line in lines if line["message_type"] == "photo"
        }
        return code, photos, told.err

    return run


def picture(album, name="aunt", variant=1):
    return cv2.imread(str(album.with_name("album-colorized") / f"{name}.color-{variant}.png"))


def test_a_hint_is_met_told_and_labelled(run, album):
    say(album, COAT)
    code, photos, _ = run()
    (hint,) = photos["aunt.jpg"]["hints"]
    assert (code, hint["label"], len(hint["left"])) == (0, "coat", 2)
    assert max(hint["left"]) <= 5
    assert "hints" not in photos["boat.png"]
    for variant in (1, 2):
        blue, green, red = picture(album, "aunt", variant)[45, 60].astype(int)
        assert red > green + 20 and red > blue
    said = guidance(album, "aunt.color-1.png")
    assert said.startswith("hints at 1 places (hard, ")


def test_dots_say_the_same(run, album):
    dots = np.zeros((90, 120, 4), np.uint8)
    cv2.circle(dots, (60, 45), 4, (32, 32, 138, 255), -1)
    cv2.imwrite(str(album / "aunt.hints.png"), dots)
    _, photos, _ = run()
    assert max(photos["aunt.jpg"]["hints"][0]["left"]) <= 5
    assert len(photos) == 3


def test_only_what_hints_concern_is_made_anew(run, album):
    # A batch of another size rounds differently.
    alone = ("--batch-size", "1")
    run(*alone)
    plain = [picture(album, name) for name in ("aunt", "boat")]
    say(album, COAT)
    assert set(run(*alone)[1]) == {"aunt.jpg"}
    assert run(*alone)[1] == {}
    (album / "aunt.hints.json").unlink()
    assert set(run(*alone)[1]) == {"aunt.jpg"}
    np.testing.assert_array_equal([picture(album, "aunt")], plain[:1])
    np.testing.assert_array_equal([picture(album, "boat")], plain[1:])


def test_an_empty_file_of_hints_is_done_once(run, album):
    say(album)
    assert "hints" not in run()[1]["aunt.jpg"]
    assert run()[1] == {}


def test_a_bad_file_of_hints_costs_its_photo(run, album):
    say(album, COAT | {"x": 60})
    code, photos, said = run()
    assert code == ExitCode.SOME_INPUTS_FAILED
    assert {name: photo["status"] for name, photo in photos.items()} == {
        "aunt.jpg": "failed",
        "boat.png": "done",
        "crowd.jpg": "done",
    }
    assert "aunt.hints.json: hint 1 (coat): x is 60; it is a fraction of the width" in " ".join(said.split())


def test_hints_can_be_approached_or_ignored(run, album):
    say(album, COAT)
    left = [max(run("--hints", how)[1]["aunt.jpg"]["hints"][0]["left"]) for how in ("hard", "soft")]
    assert left[0] < left[1]
    assert "hints" not in run("--hints", "off")[1]["aunt.jpg"]


def test_unmet_hints_and_strays_are_warned_of(run, album):
    say(album, COAT | {"color": "lime"})
    say(album, COAT, name="aunty.hints.json")
    _, photos, said = run()
    assert any("hint 1 (coat): the scan is too dark" in text for text in photos["aunt.jpg"]["warnings"])
    assert "aunty.hints.json: belongs to no photo" in " ".join(said.split())


def test_a_palette_changes_every_photo_once(run, album, tmp_path):
    run()
    palette = tmp_path / "old.txt"
    palette.write_text("#5b6470 field grey\n#7a3b2e house\n")
    assert len(run("--palette", palette)[1]) == 3
    assert run("--palette", palette)[1] == {}
    said = guidance(album, "boat.color-1.png")
    assert "a palette of 2 colours" in said
    palette.write_text("#7a3b2e house\n#5b6470 field grey, the same in another order\n")
    assert run("--palette", palette)[1] == {}
    assert len(run("--palette", palette, "--palette-strength", 2)[1]) == 3


def test_a_bad_palette_is_a_usage_error(run, tmp_path):
    (tmp_path / "p.txt").write_text("reddish\n")
    code, photos, said = run("--palette", tmp_path / "p.txt")
    assert (code, photos) == (ExitCode.USAGE, {})
    assert "line 1: color is 'reddish'" in " ".join(said.split())
