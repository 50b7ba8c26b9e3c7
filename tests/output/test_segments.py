"""A folder that several runs write to, none of which waits for another."""

import json
import os
import time

import numpy as np
import pytest

from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.output.group_looks import LookStore
from colorize_cli.output.lock import growing_place, locked
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Picture, Source

SOURCE = Source("../in/a.jpg", 100, 12345, "aa")


def picture(recipe):
    return Picture("a.color-1.jpg", 1, 10, "bb", recipe, "w", "aa")


def note(root, segment, target="a", recipe="r"):
    manifest = Manifest(str(root), segment)
    manifest.append(target, SOURCE, [picture(recipe)])
    manifest.close()


def known(root):
    return {e.target: e.pictures[1].recipe for e in Manifest(str(root)).entries()}


def test_what_shards_have_noted_is_one_manifest(tmp_path):
    for segment in ("2-of-2.b", "1-of-2.a", ""):
        note(tmp_path, segment, f"photo {segment}")
    assert list(known(tmp_path)) == ["photo ", "photo 1-of-2.a", "photo 2-of-2.b"]


@pytest.mark.parametrize(
    "order", [["", "1-of-2.z", "1-of-2.a", ""], ["1-of-2.z", "", "1-of-3.b", "1-of-2.a"]]
)
def test_who_knows_of_a_line_is_believed_more_whatever_the_files_are_called(tmp_path, order):
    for number, segment in enumerate(order):
        note(tmp_path, segment, recipe=f"{number}")
        assert known(tmp_path) == {"a": f"{number}"}


def test_a_folder_of_one_run_after_the_other_has_lines_as_ever(tmp_path):
    note(tmp_path, "")
    note(tmp_path, "", recipe="new")
    lines = (tmp_path / ".colorize/manifest").read_text().splitlines()
    assert all(
        set(json.loads(line)) == {"v", "target", "source", "recipe", "weights", "made"} for line in lines
    )


@pytest.mark.parametrize("rev", ['"x"', "-1", "[]", "1e400", "null"])
def test_a_revision_that_makes_no_sense_is_none(tmp_path, rev):
    note(tmp_path, "1-of-2.a")
    path = tmp_path / ".colorize/manifest.1-of-2.a"
    path.write_text(path.read_text().replace('"v":1', f'"v":1,"rev":{rev}'))
    assert known(tmp_path) == {"a": "r"}


def test_what_others_note_is_seen_when_asked_for(tmp_path):
    mine = Manifest(str(tmp_path), "1-of-2.a")
    note(tmp_path, "1-of-2.b")
    assert mine.entry("a") is None
    mine.refresh()
    assert mine.entry("a").pictures[1].recipe == "r"


def test_more_files_than_a_process_may_open(tmp_path, monkeypatch):
    monkeypatch.setattr("colorize_cli.output.lines._OPEN_AT_ONCE", 2)
    for i in range(5):
        note(tmp_path, f"{i}-of-5.a", f"{i}")
    manifest = Manifest(str(tmp_path))
    assert [manifest.entry(f"{i}").target for i in (4, 0, 3, 1, 2)] == ["4", "0", "3", "1", "2"]


def test_a_look_that_a_shard_has_found_is_there_for_all(tmp_path):
    look = GroupLook(np.zeros(2, np.float32), np.ones((2, 3), np.float32))
    (tmp_path / ".colorize").mkdir()
    LookStore(str(tmp_path), "w", "1-of-2.a").add("roll", look, 9)
    assert LookStore(str(tmp_path), "w").get("roll").digest == look.digest
    assert not (tmp_path / ".colorize/looks").exists()


def test_shards_do_not_wait_and_take_nothing_of_each_other(tmp_path):
    with locked([str(tmp_path)], "1-of-2.a"):
        growing = growing_place(str(tmp_path), tmp_path, "1-of-2.a") / ".colorize-0123456789abcdef.jpg"
        growing.touch()
        with locked([str(tmp_path)], "1-of-2.b"), locked([str(tmp_path)]):
            pass
        assert growing.exists()
    assert list((tmp_path / ".colorize").glob("unfinished*")) == []


@pytest.mark.parametrize("segment", ["", "2-of-2.b"])
def test_what_a_shard_has_left_a_day_ago_is_removed(tmp_path, segment):
    left = growing_place(str(tmp_path), tmp_path, "1-of-2.a") / ".colorize-0123456789abcdef.jpg"
    left.touch()
    with locked([str(tmp_path)], segment):
        assert left.exists()
    os.utime(left.parent, (1, time.time() - 25 * 3600))
    with locked([str(tmp_path)], segment):
        assert not left.parent.exists()
