import json
import shutil
from dataclasses import replace

import cv2
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode, NoInputError, OutputError
from colorize_cli.gallery.building import build
from colorize_cli.gallery.contents import address, gallery_photos
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.picks import Choice, write_picks
from colorize_cli.output.records import Picture, Standing
from tests.folders import coloured, put, tree
from tests.gallery.test_page import data_in


@pytest.fixture
def out(tmp_path):
    return coloured(tmp_path, ["b10.jpg", "b2.jpg", "a/z.png"])


def screen_picture(out):
    build(out).write()
    return data_in((out / "gallery.html").read_text("utf-8"))


def photo(out, name):
    return next(p for p in screen_picture(out)["photos"] if p["photo"] == name)


def test_photos_come_by_folder_and_as_people_count(out):
    assert [p["photo"] for p in screen_picture(out)["photos"]] == ["b2", "b10", "a/z"]


def test_every_picture_has_its_thumbnail_and_its_address(out):
    for entry in screen_picture(out)["photos"]:
        pictures = [entry["original"], *entry["variants"]]
        assert len(pictures) == 4
        for picture in pictures:
            assert (out / picture["thumb"]).is_file()
            assert (out / picture["full"]).is_file()


def test_a_second_time_only_what_has_changed_is_made(out):
    assert [build(out).made, build(out).made] == [12, 0]
    thumbs = {p for p in (out / ".colorize/gallery").rglob("*.jpg")}
    path = out / ".colorize/manifest"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"a/z"' not in line))
    assert build(out).made == 0
    assert len({p for p in (out / ".colorize/gallery").rglob("*.jpg")}) == len(thumbs) - 4


def test_the_folder_can_be_moved_without_its_scans(out, tmp_path):
    build(out)
    shutil.move(out, tmp_path / "elsewhere/far/out")
    moved = tmp_path / "elsewhere/far/out"
    entry = photo(moved, "b2")
    assert (moved / entry["original"]["thumb"]).is_file()
    assert build(moved).made == 0


def test_a_scan_that_is_gone_or_another_one_has_no_original(out, tmp_path):
    (tmp_path / "in/b2.jpg").unlink()
    put(tmp_path / "in/b10.jpg", (tmp_path / "in/a/z.png").read_bytes())
    assert (photo(out, "b2")["original"], photo(out, "b10")["original"]) == (None, None)


def test_a_variant_that_is_missing_or_was_changed_is_not_shown(out):
    (out / "b2.color-1.jpg").unlink()
    put(out / "b2.color-2.jpg", b"painted over")
    variants = photo(out, "b2")["variants"]
    assert [v["thumb"] is not None for v in variants] == [False, False, True]


def test_picks_of_the_folder_are_in_the_page(out):
    write_picks(out / "picks.json", [Choice("b2", variant=3, note="her dress"), Choice("other", variant=1)])
    assert screen_picture(out)["picks"] == [{"photo": "b2", "page": None, "variant": 3, "note": "her dress"}]


def test_pale_skin_is_shown_where_it_is_known(out):
    assert "pale_skin" not in photo(out, "b2")
    manifest = Manifest(str(out))
    entry = manifest.entry("b2")
    manifest.append("b2", entry.source, list(entry.pictures.values()), pale_skin=3)
    assert photo(out, "b2")["pale_skin"] == 3


def test_weight_and_uncertainty_are_shown_where_they_are_known(out):
    assert "weight" not in photo(out, "b2")["variants"][0] and "uncertainty" not in photo(out, "b2")
    manifest = Manifest(str(out))
    entry = manifest.entry("b2")
    told = [replace(made, standing=Standing(0.25, -3.0, 4.0)) for made in entry.pictures.values()]
    drawn = Picture(
        "b2.uncertainty.png", "uncertainty", 1, "x", "r", "w", entry.source.sha256, uncertainty=3.5
    )
    manifest.append("b2", entry.source, [*told, drawn])
    assert (photo(out, "b2")["variants"][0]["weight"], photo(out, "b2")["uncertainty"]) == (0.25, 3.5)


def test_a_folder_without_pictures_names_the_one_beside_it(out, tmp_path):
    out.rename(tmp_path / "in-colorized")
    with pytest.raises(NoInputError, match="in-colorized"):
        build(tmp_path / "in")


@pytest.mark.parametrize("name", ["odd\udcff.jpg", "a\nb.jpg", "100%#?.jpg", 'it\'s "so" <b>.jpg', "a:b.jpg"])
def test_odd_names_have_an_address(tmp_path, name):
    out = coloured(tmp_path, [name], variants=1)
    found = address(gallery_photos(out, Manifest(str(out)))[0].variants[0].path)
    assert not set(found) & set("\n#?<>\"' :")
    assert screen_picture(out)["photos"][0]["variants"][0]["thumb"]


def test_a_manifest_cannot_show_files_from_elsewhere(out, tmp_path):
    path = out / ".colorize/manifest"
    path.write_text(path.read_text().replace('"b2.color-1.jpg"', '"../in/b2.jpg"'))
    assert "b2" not in [shown["photo"] for shown in screen_picture(out)["photos"]]  # its line makes no sense


def test_a_folder_that_cannot_be_written_is_an_error_of_the_output(out, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(OutputError, match="disk full"):
        build(out)


def test_thumbnails_are_small_and_upright(out):
    cell = photo(out, "b2")["variants"][0]
    assert cv2.imread(str(out / cell["thumb"])).shape == (60, 80, 3)
    big = coloured(out / "big", ["x.jpg"], variants=1, size=(900, 1200))
    assert cv2.imread(str(big / photo(big, "x")["variants"][0]["thumb"])).shape == (300, 400, 3)


def test_the_command_prints_where_the_page_is(out, capsys):
    assert run_guarded(cli, "colorize", ["gallery", str(out)]) == ExitCode.OK
    said = capsys.readouterr()
    assert (said.out.strip(), "3 photos, 9 variants" in said.err) == (str(out / "gallery.html"), True)
    before = tree(out.parent / "in")
    assert run_guarded(cli, "colorize", ["gallery", str(out), "-q", "--no-open"]) == ExitCode.OK
    assert (capsys.readouterr().err, tree(out.parent / "in")) == ("", before)


def test_the_folders_identity_stays(out):
    first, second = screen_picture(out), screen_picture(out)
    assert first["id"] == second["id"]
    assert json.dumps(first["photos"]) == json.dumps(second["photos"])
