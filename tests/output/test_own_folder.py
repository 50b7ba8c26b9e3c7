import os

import pytest

from colorize_cli.errors import OutputError
from colorize_cli.output import own_folder
from colorize_cli.output.own_folder import OwnFolder


@pytest.fixture(params=["by handle", "by path, as on Windows"])
def folder(request, tmp_path, monkeypatch):
    if request.param != "by handle":
        monkeypatch.setattr(own_folder, "_BY_HANDLE", False)
    found = OwnFolder(tmp_path / "out")
    found.make()
    return found


def test_files_are_written_read_and_removed(folder):
    folder.append("a", b"1")
    folder.append("a", b"2")
    folder.write("b", b"3")
    assert (folder.read("a"), folder.read("b"), sorted(folder.names())) == (b"12", b"3", ["a", "b"])
    folder.remove("a")
    folder.remove("a")
    assert folder.names() == ["b"] and folder.exists() and not folder.exists("inner")


def test_what_is_unfinished_goes(folder):
    inner = folder.make("inner")
    (inner / ".colorize-0123456789abcdef.png").touch()
    (inner / "scan.png").touch()
    folder.remove_unfinished("inner")
    assert [path.name for path in inner.iterdir()] == ["scan.png"]


def test_a_link_in_the_place_of_the_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "originals").mkdir()
    (tmp_path / "originals/.colorize-0123456789abcdef.png").write_bytes(b"scan")
    folder.path.rmdir()
    folder.path.symlink_to(tmp_path / "originals")
    for use in (folder.names, folder.exists, folder.remove_unfinished, lambda: folder.append("a", b"")):
        with pytest.raises(OutputError, match="has not made it"):
            use()
    assert (tmp_path / "originals/.colorize-0123456789abcdef.png").read_bytes() == b"scan"


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_second_name_of_a_scan_is_not_written_to(folder, tmp_path, link):
    (tmp_path / "scan.png").write_bytes(b"scan")
    link(tmp_path / "scan.png", folder.path / "manifest")
    with pytest.raises(OutputError, match="has not made it"):
        folder.append("manifest", b"line")
    folder.write("manifest", b"line")
    assert (tmp_path / "scan.png").read_bytes() == b"scan" and folder.read("manifest") == b"line"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_the_folder_of_a_third_user_is_refused(tmp_path):
    found = OwnFolder(tmp_path)
    path = found.make()
    os.chown(path, 12345, -1)
    with pytest.raises(OutputError, match="another user"):
        found.names()
    os.chown(tmp_path, 12345, -1)
    assert found.names() == []
