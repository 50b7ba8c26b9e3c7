import itertools
import json

import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode, OutputError
from colorize_cli.output import pick as picking
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.pick import Others, pick
from colorize_cli.output.picks import Choice, write_picks
from colorize_cli.output.verify import Scope, verify
from tests.folders import coloured, digest, put, tree


@pytest.fixture
def out(tmp_path):
    return coloured(tmp_path, ["aunt.jpg", "1912/boat.png"])


def picked(out, *choices, others=Others.MOVE, dry_run=False):
    manifest = Manifest(str(out))
    filed = list(pick(out, manifest, choices, others, dry_run=dry_run))
    manifest.close()
    return [one.state for one in filed], [one.problem for one in filed]


def wrong(out):
    return [checked for checked in verify(out, Scope(quick=True)) if checked.problems]


def entry(out, target):
    return Manifest(str(out)).entry(target)


def test_the_chosen_variant_gets_the_plain_name_and_the_rest_is_filed_away(out):
    before = tree(out)
    assert picked(out, Choice("1912/boat", variant=2)) == (["filed"], [None])
    after = tree(out)
    assert after["1912/boat.png"] == before["1912/boat.color-2.png"]
    assert after["other-variants/1912/boat.color-3.png"] == before["1912/boat.color-3.png"]
    assert "1912/boat.color-1.png" not in after
    assert sorted(after.values()) == sorted(before.values())
    assert not wrong(out)


def test_a_second_pick_does_nothing(out):
    picked(out, Choice("aunt", variant=1))
    before, size = tree(out), (out / ".colorize/manifest").stat().st_size
    assert picked(out, Choice("aunt", variant=1)) == (["unchanged"], [None])
    assert (tree(out), (out / ".colorize/manifest").stat().st_size) == (before, size)


def test_another_variant_can_be_chosen_later_and_all_undone(out):
    before = tree(out)
    for variant in (3, 1, 0, 2):
        assert picked(out, Choice("aunt", variant=variant))[0] == ["filed"]
        plain = tree(out).get("aunt.jpg")
        assert plain == (before[f"aunt.color-{variant}.jpg"] if variant else None)
        assert not wrong(out)
    assert picked(out, Choice("aunt"))[0] == ["undone"]
    assert tree(out) == before
    assert not (out / "other-variants").exists()
    assert entry(out, "aunt").pick is None


def test_none_is_good_files_everything_away(out):
    picked(out, Choice("aunt", variant=0))
    assert sorted(n for n in tree(out) if "aunt" in n) == [
        f"other-variants/aunt.color-{i}.jpg" for i in (1, 2, 3)
    ]
    assert entry(out, "aunt").pick.variant == 0


def test_others_can_be_kept_where_they_are(out):
    picked(out, Choice("aunt", variant=2), others=Others.KEEP)
    assert [n for n in tree(out) if "aunt" in n] == ["aunt.color-1.jpg", "aunt.color-3.jpg", "aunt.jpg"]
    picked(out, Choice("aunt", variant=2), others=Others.MOVE)
    assert "other-variants/aunt.color-3.jpg" in tree(out)
    assert not wrong(out)


def test_others_can_be_deleted_and_then_not_be_chosen(out):
    picked(out, Choice("aunt", variant=2), others=Others.DELETE)
    assert [n for n in tree(out) if "aunt" in n] == ["aunt.jpg"]
    assert not wrong(out)
    assert picked(out, Choice("aunt", variant=2), others=Others.DELETE)[0] == ["unchanged"]
    assert picked(out, Choice("aunt", variant=2))[0] == ["unchanged"]
    assert "was deleted" in picked(out, Choice("aunt", variant=1))[1][0]


def test_what_was_filed_away_can_be_deleted_later(out):
    picked(out, Choice("aunt", variant=2))
    assert picked(out, Choice("aunt", variant=2), others=Others.DELETE)[0] == ["filed"]
    assert [n for n in tree(out) if "aunt" in n] == ["aunt.jpg"]


def test_only_pictures_of_ours_are_deleted(out):
    put(out / "aunt.color-3.jpg", b"painted over by hand")
    picked(out, Choice("aunt", variant=2), others=Others.DELETE)
    assert (out / "aunt.color-3.jpg").read_bytes() == b"painted over by hand"
    assert [checked.path.name for checked in wrong(out)] == ["aunt.color-3.jpg"]


@pytest.mark.parametrize("name", ["aunt.jpg", "other-variants/aunt.color-1.jpg"])
def test_a_file_that_is_not_ours_is_never_written_over(out, name):
    put(out / name, b"mine")
    before = tree(out)
    assert "not ours to write over" in picked(out, Choice("aunt", variant=2))[1][0]
    assert tree(out) == before
    assert entry(out, "aunt").pick is None


def test_the_scan_itself_is_never_written_over(tmp_path):
    out = coloured(tmp_path, ["aunt.jpg"])
    manifest = (out / ".colorize/manifest").read_text()
    (tmp_path / "in/aunt.jpg").rename(out / "aunt.jpg")
    (out / ".colorize/manifest").write_text(manifest.replace("../in/aunt.jpg", "aunt.jpg"))
    assert "is the scan itself" in picked(out, Choice("aunt", variant=2))[1][0]


def test_a_choice_of_a_picture_that_was_made_anew_is_not_carried_out(out):
    assert "made anew" in picked(out, Choice("aunt", variant=2, sha256="0" * 64))[1][0]
    put(out / "aunt.color-2.jpg", b"something else")
    assert "missing or was changed" in picked(out, Choice("aunt", variant=2))[1][0]


def test_one_impossible_choice_does_not_stop_the_others(out):
    choices = [Choice("nobody", variant=1), Choice("aunt", variant=9), Choice("1912/boat", variant=1)]
    states, problems = picked(out, *choices)
    assert states == ["failed", "failed", "filed"]
    assert ("no run" in problems[0], "no variant 9" in problems[1]) == (True, True)


def test_a_dry_run_changes_nothing(out):
    before = tree(out)
    assert picked(out, Choice("aunt", variant=2), dry_run=True)[0] == ["filed"]
    assert (tree(out), entry(out, "aunt").pick) == (before, None)


def test_a_photo_that_kept_its_suffix_gets_no_second_one(tmp_path):
    out = coloured(tmp_path, ["a.jpg.jpg", "a.jpg"])
    picked(out, Choice("a.jpg", variant=1))
    assert "a.jpg" in tree(out)
    assert "not ours" in picked(out, Choice("a", variant=1))[1][0]


def test_a_manifest_cannot_name_files_outside_of_the_folder(out):
    path = out / ".colorize/manifest"
    path.write_text(path.read_text().replace("aunt.color-1.jpg", "../in/aunt.jpg"))
    assert "no run has made pictures" in picked(out, Choice("aunt", variant=2))[1][0]


class Killed(BaseException):
    pass


def killed_at(step, monkeypatch):
    """Every write of a pick counts as a step; the process ends before that one."""
    count = itertools.count(1)

    def guard(function):
        def run(*arguments):
            if next(count) == step:
                raise Killed
            return function(*arguments)

        return run

    monkeypatch.setattr(picking, "_rename", guard(picking._rename))
    monkeypatch.setattr(Manifest, "append_pick", guard(Manifest.append_pick))


@pytest.mark.parametrize("step", [1, 2, 3, 4])
@pytest.mark.parametrize("others", [Others.MOVE, Others.DELETE, Others.KEEP])
@pytest.mark.parametrize("last", [None, 0, 1, 3])
def test_killed_at_any_step_the_same_command_goes_on(tmp_path, monkeypatch, step, others, last):
    for name in ("calm", "torn"):
        coloured(tmp_path / name, ["aunt.jpg"])
        picked(tmp_path / name / "out", Choice("aunt", variant=2))
    calm, torn = tmp_path / "calm/out", tmp_path / "torn/out"
    picked(calm, Choice("aunt", variant=last), others=others)
    with monkeypatch.context() as patch:
        killed_at(step, patch)
        try:
            picked(torn, Choice("aunt", variant=last), others=others)
        except Killed:
            assert last is None or entry(torn, "aunt").pick is not None
    picked(torn, Choice("aunt", variant=last), others=others)
    assert tree(torn) == tree(calm)
    assert not wrong(torn)


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_killed_at_any_step_another_choice_finds_every_picture(out, monkeypatch, step):
    before = tree(out)
    picked(out, Choice("aunt", variant=2))
    with monkeypatch.context() as patch:
        killed_at(step, patch)
        with pytest.raises(Killed):
            picked(out, Choice("aunt", variant=3), Choice("1912/boat", variant=1))
    picked(out, Choice("aunt", variant=1))
    picked(out, Choice("aunt"), Choice("1912/boat"))
    assert tree(out) == before


def test_a_folder_that_cannot_be_written_is_an_error_of_the_output(out, monkeypatch):
    monkeypatch.setattr("pathlib.Path.rename", lambda *_: (_ for _ in ()).throw(OSError(30, "read-only")))
    with pytest.raises(OutputError, match="goes on where"):
        picked(out, Choice("aunt", variant=2))


@pytest.fixture
def command(out, capsys):
    def run(*arguments):
        code = run_guarded(cli, "colorize", ["pick", str(out), *map(str, arguments)])
        return code, capsys.readouterr()

    return run


def test_the_command_takes_picks_of_the_folder_or_of_a_file(command, out, tmp_path):
    assert command()[0] == ExitCode.NO_USABLE_INPUT
    write_picks(out / "picks.json", [Choice("aunt", variant=2)])
    assert command()[0] == ExitCode.OK
    write_picks(tmp_path / "mine.json", [Choice("1912/boat", variant=1), Choice("nobody", variant=1)])
    code, said = command(tmp_path / "mine.json")
    assert (code, "failed: nobody" in said.err) == (ExitCode.SOME_INPUTS_FAILED, True)
    assert {"aunt.jpg", "1912/boat.png"} <= set(tree(out))


def test_undo_takes_all_back_or_those_of_a_file(command, out, tmp_path):
    before = tree(out)
    write_picks(tmp_path / "p", [Choice("aunt", variant=2), Choice("1912/boat", variant=2)])
    command(tmp_path / "p")
    write_picks(tmp_path / "q", [Choice("aunt")])
    assert "1 put back" in command(tmp_path / "q", "--undo")[1].err
    assert ("aunt.jpg" in tree(out), "1912/boat.png" in tree(out)) == (False, True)
    assert command("--undo")[0] == ExitCode.OK
    assert tree(out) == before


def test_the_dry_run_of_the_command_shows_names(command, out):
    write_picks(out / "picks.json", [Choice("aunt", variant=2)])
    code, said = command("--dry-run")
    assert (code, "aunt.color-2.jpg -> aunt.jpg" in said.out) == (ExitCode.OK, True)
    assert not (out / "aunt.jpg").exists()


def test_a_damaged_file_of_picks_is_told(command, out):
    (out / "picks.json").write_text(json.dumps({"version": 7, "picks": []}))
    code, said = command()
    assert (code, "version 7" in said.err) == (ExitCode.NO_USABLE_INPUT, True)


def test_quiet_is_quiet(command, out):
    write_picks(out / "picks.json", [Choice("aunt", variant=2)])
    assert command("-q")[1] == ("", "")


def test_pictures_of_the_same_size_are_told_apart_after_a_kill(tmp_path, monkeypatch):
    out = coloured(tmp_path, ["a.bmp"])
    before = tree(out)
    picked(out, Choice("a", variant=2))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        killed_at(2, patch)
        picked(out, Choice("a", variant=3))
    assert picked(out, Choice("a", variant=3))[0] == ["filed"]
    assert tree(out)["a.bmp"] == before["a.color-3.bmp"]
    assert digest((out / "other-variants/a.color-2.bmp").read_bytes()) == before["a.color-2.bmp"]
