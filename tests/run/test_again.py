import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from colorize_cli.errors import BusyError, PhotoError, UsageError, WeightsError
from colorize_cli.hints.sheet import write_sheet
from colorize_cli.image.formats import Format
from colorize_cli.output.last_run import read_last_run
from colorize_cli.output.lock import locked
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.pick import Others, pick
from colorize_cli.output.picks import Choice
from colorize_cli.run.again import Again
from colorize_cli.run.run import run
from colorize_cli.settings import RunSettings
from tests.conftest import grey_scene

COAT = {"x": 0.5, "y": 0.5, "color": "#8a2020", "radius": 0.03}


@pytest.fixture
def settings(album, tiny_weights):
    return RunSettings(
        paths=(album,), variants=2, weights=tiny_weights, device="cpu", format=Format.PNG, seed=3
    )


@pytest.fixture
def again(album):
    found = Again(out_of(album), RunSettings(device="cpu"))
    yield found
    found.close()


def out_of(album):
    return album.with_name("album-colorized")


def entry(album, target="aunt"):
    return Manifest(str(out_of(album))).entry(target)


def pictures(album, target):
    return [cv2.imread(str(path)) for path in sorted(out_of(album).glob(f"{target}.color-*"))]


def results(settings):
    found = []
    run(settings, lambda event: found.append(event) if type(event).__name__ == "Result" else None)
    return found


def test_it_is_what_the_same_run_would_make(settings, again, album):
    run(settings)
    before = [pictures(album, name) for name in ("aunt", "boat", "1912/crowd")]
    write_sheet(album / "aunt.jpg", None, [COAT], "")
    told = []
    assert again.colour(entry(album), told.append)[0] == "2 pictures were made anew."
    assert told[-1] == "Colouring on cpu …"
    found = [pictures(album, name) for name in ("aunt", "boat", "1912/crowd")]
    blue, green, red = found[0][0][45, 60].astype(int)
    assert red > green + 20 and red > blue
    np.testing.assert_array_equal(found[1:2], before[1:2])
    np.testing.assert_array_equal(found[2], before[2])
    assert results(settings) == []
    assert again.colour(entry(album), told.append) == (
        "Nothing to do: its pictures were made with these hints.",
    )


def test_photos_keep_the_names_of_their_pictures(settings, again, album):
    (album / "1912/aunt.jpg").write_bytes((album / "1912/crowd.jpg").read_bytes())
    cv2.imwrite(str(album / "aunt.png"), grey_scene(50, 40, 5))
    run(settings)
    for target, scan in (("1912/aunt", "1912/aunt.jpg"), ("aunt.png", "aunt.png"), ("aunt.jpg", "aunt.jpg")):
        write_sheet(album / scan, None, [COAT], "")
        assert again.colour(entry(album, target), lambda _: None)[0] == "2 pictures were made anew."
    assert results(settings) == []


def test_a_page_is_coloured_alone(settings, again, album):
    cv2.imwritemulti(str(album / "book.tif"), [grey_scene(40, 60, i) for i in range(3)])
    run(settings)
    write_sheet(album / "book.tif", 2, [COAT], "")
    before = [pictures(album, f"book.page-{page}") for page in (1, 3)]
    assert again.colour(entry(album, "book.page-2"), lambda _: None)[0] == "2 pictures were made anew."
    np.testing.assert_array_equal([pictures(album, f"book.page-{page}") for page in (1, 3)], before)
    assert results(settings) == []


def test_a_series_keeps_its_look_and_without_it_nothing_is_made(settings, again, album):
    grouped = replace(settings, group="folder")
    run(grouped)
    write_sheet(album / "aunt.jpg", None, [COAT], "")
    assert "as one series" in again.about(entry(album))
    assert again.colour(entry(album), lambda _: None)[0] == "2 pictures were made anew."
    assert results(grouped) == []
    (out_of(album) / ".colorize/looks").unlink()
    write_sheet(album / "boat.png", None, [COAT], "")
    with pytest.raises(UsageError, match="look of its group"):
        again.colour(entry(album, "boat"), lambda _: None)


def test_a_photo_moved_within_its_folder_is_not_taken_for_another(settings, again, album):
    run(settings)
    known = entry(album, "1912/crowd")
    (album / "1912/crowd.jpg").rename(album / "aunt.jpg")
    moved = replace(known, source=replace(known.source, path="../album/aunt.jpg"))
    with pytest.raises(UsageError, match="instead of those called 1912/crowd"):
        again.colour(moved, lambda _: None)


def test_whoever_holds_the_folder_is_named(settings, again, album):
    run(settings)
    write_sheet(album / "aunt.jpg", None, [COAT], "")
    with locked([str(out_of(album))]), pytest.raises(BusyError, match="another colorize is writing there"):
        again.colour(entry(album), lambda _: None)


def test_a_photo_that_fails_says_why(settings, again, album):
    run(settings)
    (album / "aunt.hints.json").write_text("{")
    with pytest.raises(PhotoError, match=r"aunt\.hints\.json: is not JSON"):
        again.colour(entry(album), lambda _: None)


def test_hints_that_cannot_be_met_are_told(settings, again, album):
    run(settings)
    write_sheet(album / "aunt.jpg", None, [COAT | {"color": "lime"}], "")
    assert any("hint 1: the scan is too dark" in said for said in again.colour(entry(album), lambda _: None))


def test_a_picked_photo_stays(settings, again, album):
    run(settings)
    manifest = Manifest(str(out_of(album)))
    assert [done.state for done in pick(out_of(album), manifest, [Choice("aunt", variant=1)], Others.MOVE)]
    write_sheet(album / "aunt.jpg", None, [COAT], "")
    with pytest.raises(PhotoError, match="--undo"):
        again.colour(entry(album), lambda _: None)


def test_a_retouched_picture_stays_and_is_named(settings, again, album):
    run(settings)
    retouched = out_of(album) / "aunt.color-1.png"
    data = bytearray(retouched.read_bytes())
    data[-1] ^= 1
    retouched.write_bytes(data)
    write_sheet(album / "aunt.jpg", None, [COAT], "")
    said = again.colour(entry(album), lambda _: None)
    assert said[0] == "1 picture was made anew." and "aunt.color-1.png was changed" in said[1]
    assert retouched.read_bytes() == data


def test_the_settings_are_those_of_the_last_run(settings, again, album):
    run(settings)
    wanted = f"2 variants, seed 3, as PNG, weights {settings.weights.name}."
    assert again.about(entry(album)) == f"With the settings of the last run here: {wanted}"


def test_more_variants_than_the_last_run_made_stay_of_one_kind(settings, again, album):
    run(replace(settings, variants=3))
    run(replace(settings, seed=4))
    assert "3 variants, seed 4" in again.about(entry(album))


def forgotten(album):
    (out_of(album) / ".colorize/last-run").unlink()


def test_without_a_note_the_pictures_say_what_they_can(settings, album, tiny_weights):
    run(settings)
    forgotten(album)
    usual = RunSettings(device="cpu", weights=tiny_weights)
    said = Again(out_of(album), usual).about(entry(album))
    assert said.startswith("With the settings that its pictures were made with: 2 variants, seed 3, as PNG")
    said = Again(out_of(album), replace(usual, detail=200)).about(entry(album))
    assert said.startswith("Which settings its pictures were made with is not known")
    assert "weights are others" in Again(out_of(album), RunSettings()).about(entry(album))


def test_what_was_typed_counts_more(settings, album, tiny_grid_weights):
    run(settings)
    said = Again(out_of(album), RunSettings(), {"weights": tiny_grid_weights}).about(entry(album))
    assert f"weights {tiny_grid_weights.name}" in said and "weights are others" in said


def test_weights_that_are_gone_are_named(settings, again, album, tmp_path):
    own = tmp_path / "mine.safetensors"
    own.write_bytes(settings.weights.read_bytes())
    run(replace(settings, weights=own))
    own.unlink()
    with pytest.raises(WeightsError, match=r"mine\.safetensors: the weights cannot be read"):
        again.about(entry(album))


def test_a_scan_that_was_changed_is_told(settings, again, album):
    run(settings)
    assert "was changed" not in again.about(entry(album))
    cv2.imwrite(str(album / "aunt.jpg"), grey_scene(91, 120, 9))
    assert "The scan was changed since" in again.about(entry(album))


def test_a_note_moves_with_its_folder(settings, album, tmp_path):
    own = album / "mine.safetensors"
    own.write_bytes(settings.weights.read_bytes())
    run(replace(settings, weights=own))
    (tmp_path / "elsewhere").mkdir()
    for folder in (album, out_of(album)):
        folder.rename(tmp_path / "elsewhere" / folder.name)
    found = read_last_run(str(tmp_path / "elsewhere/album-colorized"))
    assert found.fields["weights"] == Path(tmp_path / "elsewhere/album/mine.safetensors")


def test_a_run_with_nothing_to_do_notes_nothing(settings, album):
    run(settings)
    note = (out_of(album) / ".colorize/last-run").read_text()
    run(replace(settings, quality=50, variants=1))
    assert (out_of(album) / ".colorize/last-run").read_text() == note
    assert json.loads(note)["settings"]["variants"] == 2
