"""Output folders that become one: nothing is lost, nothing written over, what differs is named."""

import errno
import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import DiskFullError, ExitCode
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.output.group_looks import LookStore
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.merge import merge
from colorize_cli.output.picks import Choice, read_picks, write_picks
from tests.folders import coloured, tree


@pytest.fixture
def parts(tmp_path):
    """Two output folders with one photo in common, and where they are to be joined."""
    one = coloured(tmp_path / "1", ["aunt.png", "sub/boat.png"], size=(20, 30))
    two = coloured(tmp_path / "2", ["aunt.png", "crowd.jpg"], size=(20, 30))
    return one, two, tmp_path / "joined/out"


def joined(*parts):
    return run_guarded(cli, "colorize", ["merge", *map(str, parts[:-1]), "-o", str(parts[-1])])


def known(root):
    return {entry.target: entry for entry in Manifest(str(root)).entries()}


def test_two_folders_are_one_archive(parts, capsys):
    assert joined(*parts) == ExitCode.OK
    assert tree(parts[2]) == tree(parts[0]) | tree(parts[1])
    assert "9 pictures of 3 photos merged; 1 photos were there, 0 conflicts" in capsys.readouterr().err
    found = known(parts[2])
    assert list(found) == ["aunt", "sub/boat", "crowd"]
    assert all((parts[2] / entry.source.path).is_file() for entry in found.values())
    assert found["crowd"].pictures == known(parts[1])["crowd"].pictures
    assert run_guarded(cli, "colorize", ["verify", "--quick", str(parts[2])]) == ExitCode.OK


def test_merged_again_nothing_changes(parts):
    joined(*parts)
    before = (parts[2] / ".colorize/manifest").read_bytes()
    assert joined(*parts) == ExitCode.OK
    assert (parts[2] / ".colorize/manifest").read_bytes() == before


def test_a_folder_may_take_the_others_in(parts):
    both = tree(parts[0]) | tree(parts[1])
    assert joined(parts[0], parts[1], parts[0]) == ExitCode.OK
    assert tree(parts[0]) == both


def edited(out, old, new):
    path = out / ".colorize/manifest"
    path.write_text(path.read_text().replace(old, new))


def repainted(out, name="aunt.color-2.png"):
    """Another picture under the same name, as its manifest says."""
    old, data = tree(out)[name], (out / name).read_bytes() + b"\0"
    (out / name).write_bytes(data)
    edited(out, old, tree(out)[name])
    edited(out, f'"size":{len(data) - 1}', f'"size":{len(data)}')


def chosen(out):
    write_picks(out / "picks.json", [Choice("aunt", variant=2)])
    assert run_guarded(cli, "colorize", ["pick", str(out), "-q"]) == ExitCode.OK
    (out / "picks.json").unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (repainted, "is another picture in"),
        (lambda out: edited(out, known(out)["aunt"].source.sha256, "00"), "was made from another scan"),
        (chosen, "was chosen from in another way"),
        (lambda out: edited(out, '"target":"aunt"', '"target":"../aunt"'), "names files outside"),
    ],
)
def test_what_contradicts_is_named_and_what_was_first_stays(parts, change, said, capsys):
    change(parts[1])
    assert joined(*parts) == ExitCode.SOME_INPUTS_FAILED
    told = capsys.readouterr().err
    assert f"{said}" in told and "conflict: " in told and "aunt" in told
    assert tree(parts[2]).items() >= tree(parts[0]).items()
    assert known(parts[2])["aunt"].pictures == known(parts[0])["aunt"].pictures
    assert "crowd" in known(parts[2])


def test_files_of_others_are_not_written_over(parts, capsys):
    (parts[2] / "sub").mkdir(parents=True)
    (parts[2] / "sub/boat.color-1.png").write_bytes(b"mine")
    assert joined(*parts) == ExitCode.SOME_INPUTS_FAILED
    assert "sub/boat.color-1.png is there already and is another file" in capsys.readouterr().err
    assert (parts[2] / "sub/boat.color-1.png").read_bytes() == b"mine"
    assert list(known(parts[2])) == ["aunt", "crowd"]


@pytest.mark.parametrize("harm", [lambda p: p.unlink(), lambda p: p.write_bytes(b"retouched")])
def test_a_picture_that_is_not_as_made_is_named_and_its_others_come(parts, harm, capsys):
    harm(parts[0] / "sub/boat.color-2.png")
    assert joined(*parts) == ExitCode.SOME_INPUTS_FAILED
    assert "conflict: sub/boat: " in capsys.readouterr().err
    assert sorted(p.name for p in (parts[2] / "sub").iterdir()) == ["boat.color-1.png", "boat.color-3.png"]


def test_what_was_chosen_stays_chosen(parts):
    chosen(parts[0])
    shutil.rmtree(parts[1])
    assert joined(parts[0], parts[2]) == ExitCode.OK
    assert tree(parts[2]) == tree(parts[0])
    assert known(parts[2])["aunt"].pick == known(parts[0])["aunt"].pick


def test_pale_skin_comes_along(parts):
    manifest = Manifest(str(parts[0]))
    entry = manifest.entry("aunt")
    manifest.append("aunt", entry.source, list(entry.variants.values()), pale_skin=3)
    manifest.append("aunt", entry.source, [replace(entry.pictures[1], recipe="later")], pale_skin=4)
    manifest.close()
    joined(parts[0], parts[2])
    assert (known(parts[2])["aunt"].pale_skin, known(parts[2])["sub/boat"].pale_skin) == (4, None)


def test_pictures_of_several_runs_keep_what_they_were_made_with(parts):
    manifest = Manifest(str(parts[0]))
    entry = manifest.entry("aunt")
    later = [type(made)(**{**vars(made), "recipe": "later"}) for made in entry.variants.values()][:1]
    manifest.append("aunt", entry.source, later)
    manifest.close()
    joined(parts[0], parts[2])
    assert [made.recipe for _, made in sorted(known(parts[2])["aunt"].pictures.items())] == [
        "later",
        "r",
        "r",
    ]


def test_a_photo_left_out_in_one_folder_and_coloured_in_the_other(parts):
    manifest = Manifest(str(parts[2]))
    source = known(parts[0])["aunt"].source
    manifest.append("aunt", source, left_out="already in colour")
    manifest.append("tree", source, left_out="already in colour")
    manifest.close()
    assert joined(*parts) == ExitCode.OK
    assert (known(parts[2])["aunt"].left_out, len(known(parts[2])["aunt"].pictures)) == (None, 3)
    assert joined(parts[2], parts[0]) == ExitCode.OK
    assert known(parts[0])["tree"].left_out == "already in colour"


def test_looks_and_choices_come_along(parts, capsys):
    one, other = (GroupLook(np.full(2, v, np.float32), np.ones((2, 3), np.float32)) for v in (0, 1))
    for out, looks in ((parts[0], {"a": one}), (parts[1], {"a": other, "b": other})):
        for group, look in looks.items():
            LookStore(str(out), "w").add(group, look, 1)
        write_picks(out / "picks.json", [Choice("aunt", variant=len(looks)), Choice(out.parent.name)])
    assert joined(*parts) == ExitCode.SOME_INPUTS_FAILED
    told = capsys.readouterr().err
    assert "conflict: group a: has another look in" in told and "conflict: aunt: has another choice" in told
    store = LookStore(str(parts[2]), "w")
    assert (store.get("a").digest, store.get("b").digest) == (one.digest, other.digest)
    picks = read_picks(parts[2] / "picks.json")
    assert (picks["aunt"].variant, set(picks)) == (1, {"aunt", "1", "2"})


def test_killed_between_note_and_picture_it_goes_on(parts, monkeypatch):
    real, left = os.replace, [4]

    class Killed(BaseException):
        pass

    def replace(self, target):
        left[0] -= 1
        if not left[0]:
            raise Killed
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", replace)
        with pytest.raises(Killed):
            list(merge(parts[:2], parts[2]))
    assert tree(parts[2]).items() < tree(parts[0]).items()
    assert joined(*parts) == ExitCode.OK
    assert tree(parts[2]) == tree(parts[0]) | tree(parts[1])


def test_a_full_disk_ends_it_and_leaves_nothing_unfinished(parts, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("colorize_cli.common.atomic._finish", full)
        with pytest.raises(DiskFullError):
            list(merge(parts[:2], parts[2]))
    assert tree(parts[2]) == {} and list(parts[2].rglob(".colorize-*")) == []
    assert joined(*parts) == ExitCode.OK


def test_a_folder_without_a_manifest_is_no_input(parts, tmp_path):
    (tmp_path / "empty").mkdir()
    assert joined(tmp_path / "empty", parts[2]) == ExitCode.NO_USABLE_INPUT
    assert not list(parts[2].rglob("manifest"))


def test_lines_of_shards_become_lines_of_one_manifest(parts):
    for segment in ("1-of-2.a", "2-of-2.b"):
        name = parts[0] / f".colorize/manifest.{segment}"
        name.write_bytes((parts[segment[0] == "2"] / ".colorize/manifest").read_bytes())
        (parts[0] / ".colorize/manifest").unlink(missing_ok=True)
    for path in (
        parts[1] / "crowd.color-1.jpg",
        parts[1] / "crowd.color-2.jpg",
        parts[1] / "crowd.color-3.jpg",
    ):
        shutil.copy(path, parts[0])
    assert joined(parts[0], parts[2]) == ExitCode.OK
    lines = (parts[2] / ".colorize/manifest").read_text().splitlines()
    assert {json.loads(line)["target"] for line in lines} == {"aunt", "sub/boat", "crowd"}
