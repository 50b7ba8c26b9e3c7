import fsspec
import pytest

from colorize_cli.common.store import Store
from colorize_cli.errors import OutputError
from colorize_cli.inputs.store_groups import key_of
from colorize_cli.output.store_notes import StoreNotes, new_run


@pytest.fixture
def store():
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    yield Store("memory://out", OutputError)
    memory.store.clear()


def notes(store, place="1912"):
    return StoreNotes(store, place, new_run(), key_of)


def line(target):
    return b'{"v":1,"target":"%s","source":{}}' % target.encode()


def test_two_runs_at_a_time_lose_nothing_of_each_other(store):
    one, other = notes(store), notes(store)
    one.add([line("1912/a")], ["1"])
    other.add([line("1912/b")], ["2"])
    one.add([line("1912/a.page-2")], ["3"])
    one.close()
    other.close()
    found = notes(store)
    assert found.lines(["a"]) == [line("1912/a"), line("1912/a.page-2")]
    assert (found.lines(["b"]), found.finished) == ([line("1912/b")], {"1", "2", "3"})
    assert len(store.listing(".colorize/manifest-lines/" + folders(store)[0])[0]) == 2


def folders(store):
    return store.listing(".colorize/manifest-lines")[1]


def test_the_notes_of_a_folder_are_its_own(store):
    notes(store, "a").add([line("a/x")])
    assert notes(store, "b").lines(["x"]) == []
    assert len(folders(store)) == 1


def test_damaged_lines_cost_only_themselves(store):
    notes(store).add([line("1912/a"), b"torn {", b"[1]", b'{"v":"finished-1"}'])
    assert notes(store).lines(["a"]) == [line("1912/a")]
