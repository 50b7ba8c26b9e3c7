from pathlib import Path

import fsspec
import pytest

from colorize_cli.common.store import Store, store_url
from colorize_cli.errors import NoInputError, UsageError


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("s3://scans/1912/", "s3://scans/1912"),
        ("s3://scans", "s3://scans"),
        ("abfs://box@account.example.org/x", "abfs://box@account.example.org/x"),
        ("album/a:b.jpg", None),
        ("C:/album", None),
        ("/album", None),
    ],
)
def test_addresses_are_told_from_paths(typed, address):
    assert store_url(Path(typed)) == address


def test_a_folder_that_is_called_so_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s3:/scans").mkdir(parents=True)
    assert store_url(Path("s3://scans")) is None


def test_a_password_and_a_folder_as_an_address_are_refused():
    with pytest.raises(UsageError, match="password"):
        store_url(Path("ftp://me:secret@host/x"))
    with pytest.raises(UsageError, match="without file://"):
        Store("file:///tmp", NoInputError)


class Keys:
    """A store whose keys are hostile."""

    def ls(self, path, detail):
        names = ["a.jpg", "..", ".", "", "b/../../c.jpg", "x\0y", "d.jpg"]
        return [{"name": f"{path}/{name}", "size": 1, "type": "file"} for name in names]


def test_a_key_that_is_no_file_name_is_no_object(monkeypatch):
    store = Store("memory://scans", NoInputError)
    monkeypatch.setattr(store, "_fs", Keys())
    assert [found.name for found in store.listing()[0]] == ["a.jpg", "d.jpg"]


def test_what_a_library_raises_is_told_with_the_address(monkeypatch):
    store = Store("memory://scans", NoInputError)
    monkeypatch.setattr(fsspec.filesystem("memory").__class__, "ls", lambda *_, **__: 1 / 0)
    with pytest.raises(NoInputError, match=r"memory://scans/1912: cannot be listed \(division by zero\)"):
        store.listing("1912")
