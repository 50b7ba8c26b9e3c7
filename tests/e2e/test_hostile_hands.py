"""What somebody with bad intentions, or bad luck, puts in an output folder: no file of others is lost."""

import json
import os
import sys

import cv2
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from tests.conftest import grey_scene
from tests.folders import tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")


@pytest.fixture
def place(tmp_path):
    """A folder with scans, and one with the originals of somebody else."""
    for name in ("in/a.png", "in/b.png", "originals/c.png", "originals/ab/d.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / name), grey_scene(40, 60, len(name)))
    return tmp_path


@pytest.fixture
def colorize(tiny_weights, place):
    def run(*arguments):
        options = ["--weights", str(tiny_weights), "--device", "cpu", "-n", "1", "-o", str(place / "out")]
        before = tree(place / "in"), tree(place / "originals")
        code = run_guarded(cli, "colorize", [*map(str, arguments), *options])
        assert (tree(place / "in"), tree(place / "originals")) == before
        return code

    return run


@pytest.mark.parametrize("other", ["in/a.png", "out/.colorize/manifest", "notes.jsonl"])
def test_a_report_replaces_no_file_of_others(colorize, place, other, capsys):
    assert colorize(place / "in") == ExitCode.OK
    (place / "notes.jsonl").write_text('{"mine": 1}\n')
    before = (place / other).read_bytes()
    assert colorize("--report", place / other, place / "in") == ExitCode.OUTPUT
    assert (place / other).read_bytes() == before
    assert "is no report of colorize" in capsys.readouterr().err


def test_a_report_replaces_the_last_one_and_an_empty_file(colorize, place):
    (place / "r.jsonl").touch()
    for status in ("done", None):
        assert colorize(place / "in", "--report", place / "r.jsonl") == ExitCode.OK
        messages = [json.loads(line) for line in (place / "r.jsonl").read_text().splitlines()]
        assert {m["status"] for m in messages if "status" in m} == ({status} if status else set())


def test_a_report_may_go_to_a_stream(colorize, place):
    assert colorize(place / "in", "--report", "/dev/null") == ExitCode.OK


@pytest.mark.parametrize("name", ["", "/unfinished", "/gallery"])
def test_a_folder_of_ours_that_is_a_link_is_refused(colorize, place, name, capsys):
    link = place / f"out/.colorize{name}"
    link.parent.mkdir(parents=True)
    link.symlink_to(place / "originals")
    (place / "originals/.colorize-0123456789abcdef.png").touch()  # it would pass for an unfinished one
    assert colorize(place / "in", "--gallery") == ExitCode.OUTPUT
    assert "is a link" in capsys.readouterr().err


@pytest.mark.parametrize("link", [os.symlink, os.link])
@pytest.mark.parametrize("name", ["manifest", "lock", "looks"])
def test_a_file_of_ours_that_leads_elsewhere_is_refused(colorize, place, link, name, capsys):
    (place / "out/.colorize").mkdir(parents=True)
    link(place / "originals/c.png", place / f"out/.colorize/{name}")
    assert colorize(place / "in", "--group", "folder") == ExitCode.OUTPUT
    assert f"{name}: is a link" in capsys.readouterr().err


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_note_of_ours_that_leads_elsewhere_is_made_anew(colorize, place, link):
    (place / "out/.colorize").mkdir(parents=True)
    link(place / "originals/c.png", place / "out/.colorize/holder")
    assert colorize(place / "in") == ExitCode.OK


def test_only_unfinished_files_are_removed(colorize, place):
    work = place / "out/.colorize/unfinished"
    work.mkdir(parents=True)
    (work / ".colorize-0123456789abcdef.png").touch()
    (work / "mine.png").touch()
    assert colorize(place / "in") == ExitCode.OK
    assert [p.name for p in work.iterdir()] == ["mine.png"]


@pytest.mark.parametrize(
    ("name", "flag"), [("gallery.html", "--gallery"), ("worth-a-look.csv", "--uncertainty")]
)
@pytest.mark.parametrize("plant", ["file", "link"])
def test_pages_and_lists_of_others_stay(colorize, place, name, flag, plant, capsys):
    (place / "out").mkdir()
    taken, mine = place / "out" / name, place / "mine"
    mine.write_text("<p>my gallery\n")
    taken.symlink_to(mine) if plant == "link" else taken.write_text("<p>my gallery\n")
    assert colorize(place / "in", flag) == ExitCode.OUTPUT
    assert (taken.read_text(), taken.is_symlink()) == ("<p>my gallery\n", plant == "link")
    assert "it stays as it is" in capsys.readouterr().err
    assert not list((place / "out").glob("*.color-*"))  # told before the work


@pytest.mark.parametrize(
    ("name", "flag"), [("gallery.html", "--gallery"), ("worth-a-look.csv", "--uncertainty")]
)
def test_pages_and_lists_of_ours_are_written_anew(colorize, place, name, flag):
    assert colorize(place / "in/a.png", flag) == ExitCode.OK
    before = (place / "out" / name).read_bytes()
    assert colorize(place / "in", flag) == ExitCode.OK
    assert (place / "out" / name).read_bytes() != before
