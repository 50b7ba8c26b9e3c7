import json

import cv2
import numpy as np
import pytest

from colorize_cli.errors import OutputError, PhotoError
from colorize_cli.hints.hint_file import hints_digest, hints_in
from colorize_cli.hints.sheet import read_sheet, shown_colour, shown_hint, write_sheet
from tests.conftest import touch

COAT = {"x": 0.42, "y": 0.31, "color": "navy", "radius": 0.02, "label": "coat"}
SKY = {"x": 0.5, "y": 0.1, "color": "#8db4da"}


def written(*hints, **about):
    return json.dumps({"version": 1, "hints": list(hints)} | about)


@pytest.fixture
def scan(tmp_path):
    return touch(tmp_path, "aunt.jpg") / "aunt.jpg"


def test_what_is_written_is_what_a_run_reads(scan):
    sheet = write_sheet(scan, None, [COAT, SKY], "")
    assert (sheet.path, sheet.entries) == (scan.with_name("aunt.hints.json"), (COAT, SKY))
    assert [hint.label for hint in hints_in(sheet.path.read_bytes())] == ["coat", ""]
    assert sheet.digest == hints_digest([sheet.path]) == read_sheet(scan, None).digest


@pytest.mark.parametrize(
    ("files", "page", "name"),
    [
        (["aunt.jpg"], None, "aunt.hints.json"),
        (["aunt.jpg", "aunt.txt", "aunt.hints.txt"], None, "aunt.hints.json"),
        (["aunt.jpg", "aunt.png"], None, "aunt.jpg.hints.json"),
        (["aunt.jpg", "aunt.png", "aunt.hints.json"], None, "aunt.hints.json"),
        (["aunt.jpg", "aunt.png", "aunt.hints.json", "aunt.jpg.hints.json"], None, "aunt.jpg.hints.json"),
        (["aunt.jpg"], 2, "aunt.page-2.hints.json"),
        (["aunt.jpg", "aunt.hints.json"], 1, "aunt.hints.json"),
        (["aunt.jpg", "aunt.hints.json"], 2, "aunt.page-2.hints.json"),
        (["aunt.jpg", "aunt.png"], 1, "aunt.jpg.page-1.hints.json"),
    ],
)
def test_hints_go_where_a_run_looks_for_them(tmp_path, files, page, name):
    touch(tmp_path, *files)
    for file in files:
        if file.endswith(".json"):
            (tmp_path / file).write_text(written())
    assert read_sheet(tmp_path / "aunt.jpg", page).path.name == name


@pytest.mark.parametrize("text", ["{", "[]", written(COAT | {"x": 60}), written(more=1), written(version=2)])
def test_what_is_not_understood_is_never_written_over(scan, text):
    scan.with_name("aunt.hints.json").write_text(text)
    for use in (lambda: read_sheet(scan, None), lambda: write_sheet(scan, None, [SKY], "")):
        with pytest.raises(PhotoError, match=r"aunt\.hints\.json"):
            use()
    assert scan.with_name("aunt.hints.json").read_text() == text


def test_what_was_changed_meanwhile_is_not_written_over(scan):
    old = write_sheet(scan, None, [COAT], "")
    write_sheet(scan, None, [SKY], old.digest)
    for digest in ("", old.digest):
        with pytest.raises(PhotoError, match="was changed"):
            write_sheet(scan, None, [COAT], digest)
    assert read_sheet(scan, None).entries == (SKY,)


def test_a_link_is_not_replaced_by_a_file(scan, tmp_path):
    (tmp_path / "hers.json").write_text(written(COAT))
    scan.with_name("aunt.hints.json").symlink_to(tmp_path / "hers.json")
    with pytest.raises(PhotoError, match="is a link"):
        write_sheet(scan, None, [SKY], read_sheet(scan, None).digest)
    assert (tmp_path / "hers.json").read_text() == written(COAT)


@pytest.mark.parametrize(
    "entry",
    [None, {}, COAT | {"x": 2}, COAT | {"color": "reddish"}, COAT | {"more": 1}, {**SKY, "y": float("nan")}],
)
def test_what_is_no_hint_is_not_written(scan, entry):
    with pytest.raises(ValueError, match="hint 2"):
        write_sheet(scan, None, [SKY, entry], "")
    with pytest.raises(ValueError, match="limit"):
        write_sheet(scan, None, [SKY] * 201, "")
    assert [path.name for path in scan.parent.iterdir()] == ["aunt.jpg"]


def test_no_hints_leave_no_file_and_empty_one_that_is_there(scan):
    assert not write_sheet(scan, None, [], "").path.exists()
    emptied = write_sheet(scan, None, [], write_sheet(scan, None, [COAT], "").digest)
    assert (emptied.entries, json.loads(emptied.path.read_text())) == ((), {"version": 1, "hints": []})


def test_dots_are_told_and_stay(scan):
    dots = np.zeros((90, 120, 4), np.uint8)
    cv2.circle(dots, (60, 45), 4, (32, 32, 138, 255), -1)
    cv2.imwrite(str(scan.with_name("aunt.hints.png")), dots)
    before = scan.with_name("aunt.hints.png").read_bytes()
    sheet = write_sheet(scan, None, [SKY], "")
    assert (sheet.path.name, len(sheet.entries), len(sheet.drawn)) == ("aunt.hints.json", 1, 1)
    assert abs(sheet.drawn[0].x - 0.5) < 0.01
    assert scan.with_name("aunt.hints.png").read_bytes() == before
    red, green, blue = bytes.fromhex(shown_hint(sheet.drawn[0])[1:])
    assert red > green + 60 and red > blue + 60


def test_a_scan_that_is_gone_gets_no_hints(scan):
    scan.unlink()
    with pytest.raises(PhotoError, match="scan cannot be read"):
        write_sheet(scan, None, [SKY], "")
    assert list(scan.parent.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(scan, monkeypatch):
    denied = PermissionError(13, "Permission denied")
    monkeypatch.setattr("pathlib.Path.open", lambda *_, **__: (_ for _ in ()).throw(denied))
    with pytest.raises(OutputError, match=r"aunt\.hints\.json: cannot be written \(Permission denied\)"):
        write_sheet(scan, None, [SKY], "")


def test_colours_are_shown_as_browsers_take_them():
    assert [shown_colour(c) for c in ("navy", "#8A2020", "rgb(1,2,3)")] == ["#000080", "#8a2020", "#010203"]
