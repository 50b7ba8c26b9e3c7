"""Real trouble: full disks, folders that go away, odd files in the tree, two runs at once."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.run.pipeline import Pipeline
from tests.conftest import grey_scene, originals_untouched

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")


@pytest.fixture
def scans(tmp_path):
    (tmp_path / "in").mkdir()
    for i in range(6):
        cv2.imwrite(str(tmp_path / f"in/{i}.png"), grey_scene(300, 400, i))
    return tmp_path / "in"


@pytest.fixture
def colorize(tiny_weights, scans):
    def run(*arguments):
        options = ["--weights", str(tiny_weights), "--device", "cpu", "-n", "2", "--batch-size", "1"]
        with originals_untouched(scans):
            return run_guarded(cli, "colorize", [*map(str, arguments), *options])

    return run


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a tmpfs needs privileges")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def pictures(folder):
    return [p for p in folder.rglob("*.png") if ".colorize" not in p.parts]


def test_a_full_disk_is_code_6_and_leaves_whole_pictures(colorize, scans, small_disk, capsys):
    (small_disk / "ballast").write_bytes(bytes(500_000))
    assert colorize(scans, "-o", small_disk / "out") == ExitCode.OUTPUT
    assert "No space left" in capsys.readouterr().err
    assert all(cv2.imread(str(p)).shape == (300, 400, 3) for p in pictures(small_disk))
    assert list((small_disk / "out").rglob(".colorize-*")) == []
    (small_disk / "ballast").unlink()
    shutil.rmtree(small_disk / "out/.colorize/unfinished", ignore_errors=True)
    assert len(pictures(small_disk)) < 12


def test_space_made_the_same_command_goes_on(colorize, scans, small_disk, tmp_path):
    (small_disk / "ballast").write_bytes(bytes(800_000))
    assert colorize(scans / "0.png", scans / "1.png", "-o", small_disk / "out") == ExitCode.OUTPUT
    (small_disk / "ballast").unlink()
    assert colorize(scans / "0.png", scans / "1.png", "-o", small_disk / "out") == ExitCode.OK
    assert colorize(scans / "0.png", scans / "1.png", "-o", tmp_path / "calm") == ExitCode.OK
    for path in pictures(tmp_path / "calm"):
        assert (small_disk / "out" / path.name).read_bytes() == path.read_bytes()


def test_an_output_folder_that_cannot_be_written_is_code_6(colorize, scans, tmp_path, monkeypatch, capsys):
    real = os.mkdir

    def mkdir(path, *args, **kwargs):
        if "out" in str(path):
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        real(path, *args, **kwargs)

    monkeypatch.setattr("os.mkdir", mkdir)
    assert colorize(scans, "-o", tmp_path / "out") == ExitCode.OUTPUT
    assert "Read-only file system" in capsys.readouterr().err


def test_an_output_folder_that_turns_into_a_file_is_code_6(colorize, scans, tmp_path, monkeypatch, capsys):
    real = Pipeline._write

    def write(self, item):
        shutil.rmtree(tmp_path / "out/sub", ignore_errors=True)
        (tmp_path / "out/sub").touch()
        return real(self, item)

    (scans / "sub").mkdir()
    (scans / "0.png").rename(scans / "sub/0.png")
    monkeypatch.setattr(Pipeline, "_write", write)
    assert colorize(scans, "-o", tmp_path / "out") == ExitCode.OUTPUT
    assert "cannot be written" in capsys.readouterr().err


def test_odd_things_in_the_tree_do_not_stop_a_run(colorize, scans, tmp_path, capsys):
    os.mkfifo(scans / "pipe.png")
    (scans / "device.png").symlink_to("/dev/zero")
    cut = os.fsdecode(b"cut\xff.png")
    (scans / cut).write_bytes((scans / "0.png").read_bytes()[:200])
    (scans / "empty.png").touch()
    (scans / os.fsdecode(b"odd\xff\n name.png")).write_bytes((scans / "0.png").read_bytes())
    assert (
        colorize(scans, "-o", tmp_path / "out", "--report", tmp_path / "r.jsonl")
        == ExitCode.SOME_INPUTS_FAILED
    )
    messages = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    failed = {Path(m["source"]).name for m in messages if m.get("status") == "failed"}
    assert failed == {cut, "empty.png"}
    assert messages[-1] | {"photos": 7, "failed": 2, "exit_code": 3} == messages[-1]
    assert "1 pipes, sockets or devices skipped" in capsys.readouterr().err


def test_a_photo_nobody_may_read_is_one_failure(colorize, scans, tmp_path, monkeypatch):
    real = os.open

    def opened(path, flags, *args, **kwargs):
        if str(path) == str(scans / "3.png") and flags & os.O_NONBLOCK:  # as the tool opens, not as the test
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, flags, *args, **kwargs)

    # Root may read everything, so permissions would not do.
    monkeypatch.setattr(os, "open", opened)
    assert colorize(scans, "-o", tmp_path / "out") == ExitCode.SOME_INPUTS_FAILED
    assert len(pictures(tmp_path / "out")) == 10


def test_a_second_run_into_the_same_folder_waits_for_nobody(scans, tmp_path, tiny_weights):
    command = [sys.executable, "-m", "colorize_cli", str(scans), "-o", str(tmp_path / "out"), "-n", "40"]
    command += ["--weights", str(tiny_weights), "--device", "cpu"]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (tmp_path / "out/.colorize/holder").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    second = subprocess.run(command, capture_output=True, text=True)
    assert second.returncode == ExitCode.OUTPUT
    assert f"another colorize is writing there (process {first.pid} on " in second.stderr
    assert first.wait(120) == ExitCode.OK
    assert len(pictures(tmp_path / "out")) == 240


def test_what_a_killed_run_left_on_a_disk_below_is_removed(colorize, scans, small_disk, tiny_weights):
    """Unfinished pictures grow beside their place where that is a disk of its own."""
    out = small_disk.parent
    (scans / "disk").mkdir()
    (scans / "0.png").rename(scans / "disk/0.png")
    code = "import os, colorize_cli.run.desk as p; p.commit = lambda *a: os._exit(9); "
    code += "from colorize_cli.cli import main; main()"
    arguments = [str(scans), "-o", str(out), "-n", "1", "--batch-size", "1", "--include", "disk/*"]
    colorize_again = [scans, "-o", out, "--include", "disk/*"]
    weights = ["--weights", str(tiny_weights), "--device", "cpu"]
    subprocess.run([sys.executable, "-c", code, *arguments, *weights], check=False)
    assert len(list(small_disk.glob(".colorize-*.png"))) == 1
    assert colorize(*colorize_again) == ExitCode.OK
    assert sorted(p.name for p in small_disk.iterdir()) == ["0.color-1.png", "0.color-2.png"]
