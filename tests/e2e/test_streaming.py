"""An archive that is planned while its first photos are coloured."""

import json

import cv2
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from tests.conftest import colour_scene, grey_scene
from tests.folders import tree


@pytest.fixture
def colorize(tmp_path, tiny_weights, capsys):
    for i in range(12):
        folder = tmp_path / f"in/box{i // 3}"
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{i}.png"), grey_scene(40, 60, i))
    cv2.imwrite(str(tmp_path / "in/box3/colour.png"), colour_scene())

    def run(out, *more):
        options = ["-n", "1", "--weights", str(tiny_weights), "--device", "cpu", "--json", *more]
        code = run_guarded(cli, "colorize", [str(tmp_path / "in"), "-o", str(tmp_path / out), *options])
        told = capsys.readouterr()
        return code, [json.loads(line) for line in told.out.splitlines()], told.err

    return run


@pytest.fixture
def few_ahead(monkeypatch):
    monkeypatch.setattr("colorize_cli.run.run._AHEAD", 4)


def test_it_ends_as_if_all_had_been_planned_before(colorize, tmp_path, monkeypatch):
    _, whole, _ = colorize("whole")
    monkeypatch.setattr("colorize_cli.run.run._AHEAD", 4)
    code, messages, said = colorize("out")
    assert (code, tree(tmp_path / "out")) == (ExitCode.OK, tree(tmp_path / "whole"))
    assert (messages[0]["to_do"], messages[0]["more"]) == (4, True) and "more" not in whole[0]
    counts = ("photos", "pictures", "left_out", "already_done", "failed")
    assert [messages[-1][name] for name in counts] == [whole[-1][name] for name in counts]
    assert "4 photos and more, 1 variant each" in said
    code, messages, said = colorize("out")
    assert (code, messages[-1]["already_done"], messages[0]["to_do"]) == (ExitCode.OK, 12, 0)


def test_what_lacks_late_is_made_and_what_is_done_is_counted(colorize, tmp_path, few_ahead):
    colorize("out")
    lost = [tmp_path / f"out/box{i // 3}/{i}.color-1.png" for i in (0, 1, 2, 4, 9, 11)]
    for path in lost:
        path.unlink()
    _, messages, _ = colorize("out")
    assert all(path.exists() for path in lost)
    assert [messages[-1][name] for name in ("photos", "already_done", "left_out")] == [6, 6, 1]


def test_what_is_passed_over_is_told_once_and_late(colorize, tmp_path, few_ahead):
    (tmp_path / "in/box3/last.hints.json").write_text("{}")
    _, _, said = colorize("out")
    assert said.count("belongs to no photo here") == 1
    assert said.index("4 photos and more") < said.index("belongs to no photo here")


def test_who_wants_to_hear_of_files_in_the_way_hears_before_the_work(colorize, tmp_path, few_ahead):
    (tmp_path / "out/box3").mkdir(parents=True)
    (tmp_path / "out/box3/11.color-1.png").touch()
    code, _, said = colorize("out", "--if-exists", "error")
    assert (code, "11.color-1.png exists" in said) == (ExitCode.OUTPUT, True)
    assert len(tree(tmp_path / "out")) == 1


def test_a_group_is_coloured_as_a_whole(colorize, tmp_path, monkeypatch):
    colorize("whole", "--group", "(.)[.]png")
    monkeypatch.setattr("colorize_cli.run.run._AHEAD", 2)
    colorize("out", "--group", "(.)[.]png")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_a_dry_run_shows_all(colorize, few_ahead):
    _, messages, said = colorize("out", "--dry-run")
    assert len([m for m in messages if m["message_type"] == "planned"]) == 13
    assert "13 photos, 13 pictures to write; 0 photos are done." in said
