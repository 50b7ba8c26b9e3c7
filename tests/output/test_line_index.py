"""The index of a manifest: with it or without, the same is known."""

import errno
import os
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.output.line_index import LineIndex
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.own_folder import OwnFolder
from colorize_cli.output.records import Picture, Source


def source(target):
    return Source(f"../in/{target}.jpg", 100, 12345, "aa")


@pytest.fixture(autouse=True, scope="module")
def small():
    """Whatever is noted is worth an index, and its blocks are small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("colorize_cli.output.lines._WORTH_AN_INDEX", 1)
        patch.setattr("colorize_cli.output.line_index._BLOCK", 4)
        yield


def note(root, *targets, segment="", recipe="r"):
    manifest = Manifest(str(root), segment)
    for target in targets:
        made = [Picture(f"{target}.color-1.jpg", 1, 10, "bb", recipe, "w", "aa")]
        manifest.append(target, source(target), made)
    manifest.save_index()
    manifest.close()


def known(root):
    return [(e.target, e.pictures[1].recipe if e.pictures else "") for e in Manifest(str(root)).entries()]


def indexed(root):
    return LineIndex(OwnFolder(root)).count // 2  # a line has two keys


def without_index(root):
    (root / ".colorize/index").unlink(missing_ok=True)
    return known(root)


NAMES = [f"photo{i}" for i in range(50)]


def lines_read(monkeypatch, root, target):
    """What has to be understood of a manifest to know of one photo."""
    with reading(monkeypatch) as read:
        assert Manifest(str(root)).entry(target).target == target
    return len(read)


@contextmanager
def reading(monkeypatch):
    from colorize_cli.output import lines

    read, real = [], lines.parsed
    with monkeypatch.context() as patch:
        patch.setattr(lines, "parsed", lambda line: read.append(line) or real(line))
        yield read


def made_of(root, target):
    return [entry.target for entry in Manifest(str(root)).made_of(source(target).path)]


def test_a_photo_that_no_line_is_about_costs_no_line(tmp_path, monkeypatch):
    note(tmp_path, *NAMES)
    with reading(monkeypatch) as read:
        assert made_of(tmp_path, "new") == [] and not read
        assert made_of(tmp_path, NAMES[7]) == [NAMES[7]] and len(read) == 2


def test_a_photo_has_the_names_that_its_pictures_had_last(tmp_path):
    note(tmp_path, *NAMES[:9])
    manifest = Manifest(str(tmp_path))
    manifest.append(NAMES[3], source("other"))
    for name in ("second", "third"):
        manifest.append(name, source(NAMES[5]))
    manifest.close()
    assert made_of(tmp_path, NAMES[3]) == []
    assert made_of(tmp_path, "other") == [NAMES[3]]
    assert made_of(tmp_path, NAMES[5]) == [NAMES[5], "second", "third"]


def test_a_run_of_one_photo_reads_its_own_lines(tmp_path, monkeypatch):
    note(tmp_path, *NAMES)
    assert (indexed(tmp_path), lines_read(monkeypatch, tmp_path, NAMES[7])) == (50, 1)
    (tmp_path / ".colorize/index").unlink()
    assert lines_read(monkeypatch, tmp_path, NAMES[7]) == 51


def test_every_photo_is_found_and_no_other(tmp_path):
    note(tmp_path, *NAMES)
    note(tmp_path, *NAMES[::3], segment="1-of-2.a", recipe="later")
    manifest = Manifest(str(tmp_path))
    assert indexed(tmp_path) == 67
    assert [manifest.entry(name).pictures[1].recipe for name in NAMES] == (["later", "r", "r"] * 17)[:50]
    assert manifest.entry("photo50") is None
    assert known(tmp_path) == without_index(tmp_path)


def test_an_old_manifest_is_taken_over_once(tmp_path, monkeypatch):
    note(tmp_path, *NAMES)
    (tmp_path / ".colorize/index").unlink()
    before = (tmp_path / ".colorize/manifest").read_bytes()
    Manifest(str(tmp_path)).save_index()
    assert (tmp_path / ".colorize/manifest").read_bytes() == before
    assert lines_read(monkeypatch, tmp_path, NAMES[7]) == 1


def test_a_run_that_is_killed_has_read_old_lines_for_the_last_time(tmp_path, monkeypatch):
    note(tmp_path, *NAMES)
    (tmp_path / ".colorize/index").unlink()
    Manifest(str(tmp_path)).append("new", source("new"))  # and nothing else
    assert (indexed(tmp_path), lines_read(monkeypatch, tmp_path, "new")) == (50, 2)


def test_what_only_looks_writes_nothing(tmp_path):
    note(tmp_path, *NAMES)
    (tmp_path / ".colorize/index").unlink()
    known(tmp_path)
    assert not (tmp_path / ".colorize/index").exists()


edits = st.lists(
    st.one_of(
        st.tuples(st.just("note"), st.sampled_from(["", "1-of-2.a", "2-of-2.b"]), st.sampled_from(NAMES[:6])),
        st.tuples(st.just("put in"), st.integers(0, 3000), st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("cut"), st.integers(0, 3000), st.integers(1, 300)),
        st.tuples(st.just("index"), st.integers(0, 3000), st.binary(min_size=1, max_size=9)),
        st.tuples(st.just("remove"), st.sampled_from(["", ".1-of-2.a", ".2-of-2.b"]), st.none()),
    ),
    min_size=1,
    max_size=9,
)


def edit(root, what, one, other):
    path = root / ".colorize/manifest"
    if what == "note":
        note(root, other, segment=one)
    elif what == "remove":
        path.with_name(f"manifest{one}").unlink(missing_ok=True)
    else:
        path = path.with_name("index") if what == "index" else path
        data = path.read_bytes() if path.exists() else b""
        rest = data[one + other :] if what == "cut" else other + data[one:]
        path.write_bytes(data[:one] + rest)


@settings(max_examples=150, deadline=None)
@given(edits=edits)
def test_with_an_index_the_same_is_known_whatever_was_done_to_the_folder(tmp_path_factory, edits):
    root = tmp_path_factory.mktemp("m")
    note(root, *NAMES[:8])
    for change in edits:
        edit(root, *change)
        found = known(root)
        index = (root / ".colorize/index").read_bytes() if (root / ".colorize/index").exists() else None
        assert sorted(found) == sorted(without_index(root))
        if index is not None:
            (root / ".colorize/index").write_bytes(index)


def test_an_index_that_cannot_be_written_is_no_matter(tmp_path, monkeypatch):
    note(tmp_path, *NAMES)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("colorize_cli.output.line_index.write_new", full)
        note(tmp_path, "new")
    assert (len(known(tmp_path)), indexed(tmp_path)) == (51, 50)
    assert list((tmp_path / ".colorize").glob(".colorize-*")) == []


def test_an_index_that_another_machine_has_replaced_is_opened_anew(tmp_path, monkeypatch):
    note(tmp_path, *NAMES)
    manifest, real, failures = Manifest(str(tmp_path)), os.pread, [1]

    def pread(handle, size, offset):
        if failures and size > 64:
            failures.pop()
            raise OSError(errno.ESTALE, "Stale file handle")
        return real(handle, size, offset)

    monkeypatch.setattr(os, "pread", pread)
    assert manifest.entry(NAMES[3]).target == NAMES[3] and not failures
