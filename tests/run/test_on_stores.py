"""Runs over stores, with fsspec's store in memory; tests/e2e/test_s3.py has a server."""

import json
from pathlib import Path

import fsspec
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.common.store import Store
from colorize_cli.errors import ExitCode, OutputError
from colorize_cli.run import on_stores
from tests.folders import digest, tree


@pytest.fixture
def memory():
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.pseudo_dirs[:] = [""]
    yield store
    store.store.clear()


@pytest.fixture
def scans(memory, album):
    """The album as objects below scans/1912/."""
    for path in filter(Path.is_file, album.rglob("*")):
        memory.pipe_file(f"/scans/1912/{path.relative_to(album)}", path.read_bytes())
    return memory


@pytest.fixture
def colorize(tiny_weights):
    def run(*arguments, source="memory://scans/1912/"):
        options = ["-n", "2", "--weights", str(tiny_weights), "--device", "cpu", "-o", "memory://coloured/"]
        return run_guarded(cli, "colorize", [str(source), *options, *map(str, arguments)])

    return run


def pictures(store, root="/coloured"):
    found = (path for path in store.find(root) if ".colorize" not in path)
    return {path.removeprefix(f"{root}/"): digest(store.cat_file(path)) for path in sorted(found)}


@pytest.fixture
def fetched(monkeypatch):
    paths, fetch = [], Store.fetch
    monkeypatch.setattr(
        Store, "fetch", lambda self, path, place: (paths.append(path), fetch(self, path, place))
    )
    return paths


def local(album, tmp_path, tiny_weights):
    arguments = [str(album), "-n", "2", "--weights", str(tiny_weights), "--device", "cpu"]
    assert run_guarded(cli, "colorize", [*arguments, "-o", str(tmp_path / "calm")]) == ExitCode.OK
    return tree(tmp_path / "calm")


@pytest.mark.parametrize("photos", [1, 64])
def test_a_store_gets_the_pictures_that_a_folder_gets(
    colorize, scans, album, tmp_path, tiny_weights, monkeypatch, photos
):
    for name in ("aunt.png", "aunt.jpg.png"):  # names that depend on each other
        data = (album / "boat.png").read_bytes()
        (album / name).write_bytes(data)
        scans.pipe_file(f"/scans/1912/{name}", data)
    monkeypatch.setattr(on_stores, "_PHOTOS", photos)
    before = pictures(scans, "/scans")
    assert colorize() == ExitCode.OK
    assert pictures(scans) == local(album, tmp_path, tiny_weights)
    assert pictures(scans, "/scans") == before


def test_a_second_run_fetches_nothing(colorize, scans, fetched, capsys):
    colorize()
    fetched.clear()
    assert (colorize(), fetched) == (ExitCode.OK, [])
    assert "3 done before" in capsys.readouterr().err


def test_only_what_depends_on_a_change_is_made_again(colorize, scans, fetched, album):
    colorize()
    first = pictures(scans)
    fetched.clear()
    scans.pipe_file("/scans/1912/aunt.jpg", (album / "1912/crowd.jpg").read_bytes())
    assert colorize() == ExitCode.OK
    assert sorted(fetched) == ["aunt.color-1.jpg", "aunt.color-2.jpg", "aunt.jpg"]
    second = pictures(scans)
    assert {name for name in first if first[name] != second[name]} == {"aunt.color-1.jpg", "aunt.color-2.jpg"}
    assert colorize("-n", 3) == ExitCode.OK
    assert {name: found for name, found in pictures(scans).items() if "color-3" not in name} == second


@pytest.mark.parametrize(("how", "stays"), [("skip", True), ("rename", True), ("overwrite", False)])
def test_what_no_run_has_written_stays_unless_asked(colorize, scans, how, stays):
    scans.pipe_file("/coloured/aunt.color-1.jpg", b"somebody's")
    assert colorize("--if-exists", how) == ExitCode.OK
    assert (scans.cat_file("/coloured/aunt.color-1.jpg") == b"somebody's") is stays
    assert ("aunt.color-1~2.jpg" in pictures(scans)) is (how == "rename")


def test_what_comes_in_the_way_during_a_run_stays(colorize, scans, monkeypatch, capsys):
    monkeypatch.setattr(on_stores.StoreMirror, "changed", _after(on_stores.StoreMirror.changed, scans))
    assert colorize() == ExitCode.SOME_INPUTS_FAILED
    assert scans.cat_file("/coloured/aunt.color-2.jpg") == b"somebody's"
    assert "memory://coloured/aunt.color-2.jpg: was changed" in capsys.readouterr().err
    assert "boat.color-1.png" in pictures(scans)


def _after(function, store):
    def changed(self):
        store.pipe_file("/coloured/aunt.color-2.jpg", b"somebody's")
        return function(self)

    return changed


def test_after_a_store_that_fails_in_the_middle_the_same_command_goes_on(
    colorize, scans, album, tmp_path, tiny_weights, monkeypatch, capsys
):
    put, left = Store.put, [3]

    def failing(self, place, path):
        left[0] -= 1
        if left[0] < 0:
            raise OutputError(f"{self.address}{path}: cannot be written (gone)")
        put(self, place, path)

    monkeypatch.setattr(Store, "put", failing)
    assert colorize() == ExitCode.OUTPUT
    assert "memory://coloured/" in capsys.readouterr().err
    monkeypatch.setattr(Store, "put", put)
    assert colorize() == ExitCode.OK
    assert pictures(scans) == local(album, tmp_path, tiny_weights)


def test_an_object_that_cannot_be_read_fails_alone(colorize, scans, monkeypatch, capsys, tmp_path):
    get = type(scans).get_file

    def refusing(self, path, *rest, **more):
        if "boat" in path:
            raise PermissionError("access denied")
        return get(self, path, *rest, **more)

    monkeypatch.setattr(type(scans), "get_file", refusing)
    scans.pipe_file("/scans/1912/broken.jpg", b"\xff\xd8\xff nothing")
    scans.pipe_file(f"/scans/1912/{'long' * 80}.jpg", b"x")
    assert colorize("--report", tmp_path / "report") == ExitCode.SOME_INPUTS_FAILED
    said = capsys.readouterr().err
    assert "memory://scans/1912/boat.png: cannot be read (access denied)" in said
    assert "failed: memory://scans/1912/broken.jpg: damaged" in said
    assert "longlong.jpg: cannot be fetched (File name too long)" in said
    assert "aunt.color-1.jpg" in pictures(scans)
    messages = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    assert {m["message_type"] for m in messages} == {"unreadable", "photo", "summary"}
    done = [m for m in messages if m.get("status") == "done"]
    assert done[0]["source"] == "memory://scans/1912/aunt.jpg"
    assert done[0]["outputs"][0]["path"] == "memory://coloured/aunt.color-1.jpg"


def test_a_folder_of_this_computer_goes_onto_a_store(colorize, scans, album, tmp_path, tiny_weights):
    (album / "link.jpg").symlink_to(album / "aunt.jpg")
    assert colorize(source=album) == ExitCode.OK
    assert pictures(scans) == local(album, tmp_path, tiny_weights)


def test_hints_and_patterns_hold(colorize, scans, album, fetched):
    scans.pipe_file("/scans/1912/aunt.hints.json", b"not json")
    assert colorize("--exclude", "1912", "--exclude", "boat*") == ExitCode.NO_USABLE_INPUT
    assert sorted(fetched) == ["aunt.hints.json", "aunt.jpg"]


def test_pictures_inside_the_scans_are_no_scans(colorize, scans):
    inside = "memory://scans/1912/coloured"
    assert colorize("-o", inside) == ExitCode.OK
    first = pictures(scans, "/scans")
    assert colorize("-o", inside) == ExitCode.OK
    assert pictures(scans, "/scans") == first


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--group", "folder"], "--group"),
        (["--if-exists", "error"], "--if-exists error"),
        (["--keep-times"], "--keep-times"),
        (["--dry-run"], "--dry-run"),
        (["--gallery"], "--gallery"),
        (["-o", "here"], "-o s3://coloured/"),
        (["more/"], "One folder"),
        (["-o", "s3://me:secret@host/x"], "a password"),
        (["-o", "nosuch://x"], "nosuch://x: no store"),
    ],
)
def test_what_does_not_hold_on_a_store_is_refused_by_name(colorize, scans, capsys, arguments, named):
    assert colorize(*arguments) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert named in said
    assert "secret" not in said


def test_a_folder_that_is_not_there_or_empty_is_named(colorize, scans, capsys):
    assert colorize(source="memory://scans/1913/") == ExitCode.NO_USABLE_INPUT
    assert "memory://scans/1913/: no such folder" in capsys.readouterr().err
    scans.pipe_file("/empty/a.txt", b"x")
    assert colorize(source="memory://empty") == ExitCode.NO_USABLE_INPUT
    assert "No photos found in memory://empty/" in capsys.readouterr().err


def test_copied_to_a_folder_it_verifies_and_a_run_there_has_nothing_to_do(
    colorize, scans, tmp_path, tiny_weights, capsys
):
    colorize()
    for path in scans.find("/"):
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(scans.cat_file(path))
    own = tmp_path / "coloured/.colorize"
    lines = [path.read_bytes() for path in sorted(own.glob("manifest-lines/*/*.jsonl"))]
    (own / "manifest").write_bytes(b"".join(lines))
    assert run_guarded(cli, "colorize", ["verify", str(tmp_path / "coloured")]) == ExitCode.OK
    assert "6 pictures, 0 with something wrong, 0 not compared." in capsys.readouterr().err
    options = ["-n", "2", "--weights", str(tiny_weights), "-o", str(tmp_path / "coloured"), "--json"]
    assert run_guarded(cli, "colorize", [str(tmp_path / "scans/1912"), *options]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["pictures"] == 0
