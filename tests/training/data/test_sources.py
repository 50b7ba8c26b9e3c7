import os
import tarfile
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest

from colorize_cli.errors import NoInputError
from colorize_training.data.sources import Item, every_of, list_photos


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "lfw"
    (folder / "Ann_Lee").mkdir(parents=True)
    for name in ("Ann_Lee/Ann_Lee_0001.jpg", "Ann_Lee/Ann_Lee_0002.jpg", "README.txt"):
        (folder / name).write_bytes(name.encode())
    return folder


def test_folders_zips_and_tars_give_the_same_photos(tree, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as z, tarfile.open(tmp_path / "a.tar", "w") as t:
        for path in sorted(tree.rglob("*.*")):
            z.write(path, path.relative_to(tree))
            t.add(path, path.relative_to(tree))
    contents = [[i.read() for i in list_photos([p])] for p in (tree, tmp_path / "a.zip", tmp_path / "a.tar")]
    expected = [b"Ann_Lee/Ann_Lee_0001.jpg", b"Ann_Lee/Ann_Lee_0002.jpg"]
    assert contents == [expected] * 3


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "A.TGZ"])
def test_a_compressed_tar_is_refused_with_advice(tree, tmp_path, name):
    path = tmp_path / name
    with tarfile.open(path, "w:gz") as t:
        t.add(tree)
    with pytest.raises(NoInputError, match="Unpack"):
        list_photos([path])


def test_a_tar_that_was_cut_off_is_a_plain_error(tree, tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as t:
        t.add(tree)
    (tmp_path / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes()[:700])
    with pytest.raises(NoInputError, match="not a whole, plain tar"):
        list_photos([tmp_path / "a.tar"])


@pytest.mark.parametrize(("locked", "refused"), [("Ann_Lee", True), (".Trashes", False)])
def test_a_folder_that_cannot_be_read_is_a_plain_error(tree, monkeypatch, locked, refused):
    (tree / ".Trashes").mkdir()
    scandir = os.scandir

    def denied(path):
        if str(path).endswith(locked):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(NoInputError, match=r"Ann_Lee.*permissions") if refused else nullcontext():
        assert len(list_photos([tree])) == 2


def test_an_empty_folder_is_no_input(tmp_path):
    with pytest.raises(NoInputError, match="No photos"):
        list_photos([tmp_path])


def test_a_list_names_photos_beside_it(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "list.txt").write_text("a.jpg\n\n")
    assert [i.container for i in list_photos([Path(f"@{tmp_path}/list.txt")])] == [tmp_path / "a.jpg"]


def test_a_list_from_windows_names_the_same_photos(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbfa.jpg\r\nsub/b.jpg\r\n")
    found = [i.container for i in list_photos([Path(f"@{tmp_path}/list.txt")])]
    assert found == [tmp_path / "a.jpg", tmp_path / "sub/b.jpg"]


def test_a_list_that_is_not_there_is_a_plain_error(tmp_path):
    with pytest.raises(NoInputError, match="after @"):
        list_photos([Path(f"@{tmp_path}/list.txt")])


def test_hidden_files_in_a_folder_are_no_photos(tree):
    for name in (".Ann.jpg", "__MACOSX/b.jpg", ".trash/c.jpg"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_bytes(b"x")
    assert len(list_photos([tree])) == 2


def test_shadows_from_a_mac_are_no_photos(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("a.jpg", "__MACOSX/a.jpg", ".hidden/b.jpg", "._a.jpg"):
            archive.writestr(name, b"x")
    assert [i.name for i in list_photos([tmp_path / "a.zip"])] == ["a.jpg"]


def test_a_broken_zip_is_a_plain_error(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(NoInputError, match="not a readable zip"):
        list_photos([tmp_path / "a.zip"])


def _locked(data):
    flags = data.index(b"PK\x01\x02") + 8
    return data[:flags] + bytes([data[flags] | 1]) + data[flags + 1 :]


@pytest.mark.parametrize("spoil", [lambda data: data.replace(b"payload", b"qayload"), _locked])
def test_a_spoilt_photo_in_a_zip_is_an_oserror(tmp_path, spoil):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"payload")
    path.write_bytes(spoil(path.read_bytes()))
    [item] = list_photos([path])
    with pytest.raises(OSError):
        item.read()


def test_halves_are_counted_from_zero_before_every_kth_is_taken(tmp_path):
    items = [Item(tmp_path / f"{i}.jpg", "") for i in range(10)]
    chosen = {
        half: [int(i.container.stem) for i in every_of(items, 2, half)] for half in ("even", "odd", None)
    }
    assert chosen == {"even": [0, 4, 8], "odd": [1, 5, 9], None: [0, 2, 4, 6, 8]}
