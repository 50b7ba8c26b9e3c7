import errno
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from colorize_cli.common.atomic import StoredFile, output_errors, replace_file, write_new
from colorize_cli.errors import ExitCode, OutputError

FULL = Path("/dev/full")


def stop(file):
    file.write(b"half")
    raise KeyboardInterrupt


def run(code, *arguments):
    """A process of its own, for what would hit the test's."""
    head = "import os, pathlib, sys\nfrom colorize_cli.common.atomic import replace_file, write_new\n"
    command = [sys.executable, "-c", f"{head}path = pathlib.Path(sys.argv[1])\n{code}"]
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True)


@pytest.mark.parametrize("durable", [False, True])
def test_size_and_digest_are_those_of_the_file(tmp_path, durable):
    def write(file):
        file.write(b"....photo")
        file.seek(0)
        file.write(b"head")

    stored = write_new(tmp_path / "a", write, durable=durable)
    assert (tmp_path / "a").read_bytes() == b"headphoto"
    assert stored == StoredFile(9, hashlib.sha256(b"headphoto").hexdigest())


def test_a_new_file_replaces_none(tmp_path):
    (tmp_path / "a").write_bytes(b"mine")
    with pytest.raises(OutputError, match="File exists"):
        write_new(tmp_path / "a", lambda file: file.write(b"ours"))
    assert (tmp_path / "a").read_bytes() == b"mine"


def test_of_a_file_that_was_interrupted_nothing_is_left(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_new(tmp_path / "a", stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_and_folders_are_made(tmp_path, durable):
    path = tmp_path / "sub" / ("n" * 250)
    for data in (b"old", b"new"):
        replace_file(path, data, durable=durable)
        assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_the_old_file_stays_whole_until_the_new_one_has_its_name(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def refuse(self, target):
        assert self.read_bytes() == b"new" and target.read_bytes() == b"old"
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(OutputError, match=r"/a: cannot be written \(Input/output error\)"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_killed_in_between_the_old_file_is_there(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    killed = run("pathlib.Path.replace = lambda *_: os._exit(9)\nreplace_file(path, b'new')", path)
    assert killed.returncode == 9 and path.read_bytes() == b"old"
    (left,) = (found for found in tmp_path.iterdir() if found != path)
    assert left.name.startswith(".colorize-")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
@pytest.mark.parametrize("call", ["replace_file(path, data)", "write_new(path, lambda f: f.write(data))"])
def test_a_file_that_does_not_fit_is_not_begun(tmp_path, call):
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\ndata = bytes(5000)\n"
    failed = run(limit + call, tmp_path / "a")
    assert "OutputError" in failed.stderr and "File too large" in failed.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not FULL.exists(), reason="Linux")
def test_a_full_disk_is_code_6_and_says_what_to_do():
    with (
        pytest.raises(OutputError, match=r"No space left.*; free some space") as caught,
        output_errors("x"),
        FULL.open("wb", buffering=0) as file,
    ):
        file.write(b"data")
    assert caught.value.exit_code == ExitCode.OUTPUT


def test_a_place_that_is_no_folder_is_named_with_advice(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(OutputError, match=r"a/b: cannot be written \(.*\); check the folder"):
        replace_file(tmp_path / "a/b", b"")
    with pytest.raises(OutputError, match=r"gone: cannot be written \(No such file"):
        write_new(tmp_path / "gone/b", stop)


def test_no_right_to_write_is_named(tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    # Root may write everywhere, so permissions would not do.
    monkeypatch.setattr("pathlib.Path.open", refuse)
    for write in (lambda p: replace_file(p, b""), lambda p: write_new(p, stop)):
        with pytest.raises(OutputError, match=r"cannot be written \(Permission denied\)"):
            write(tmp_path / "a")
