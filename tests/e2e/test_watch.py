"""`colorize watch` as a real process: photos arrive whole, in pieces, and while it is not there."""

import contextlib
import json
import signal
import subprocess
import sys
import time

import cv2
import pytest

from colorize_cli.errors import ExitCode
from tests.conftest import grey_scene, originals_untouched
from tests.folders import tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def photo(seed=0):
    return cv2.imencode(".png", grey_scene(60, 80, seed))[1].tobytes()


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def watching(tmp_path, inbox, tiny_weights):
    """Starts a watch; it ends with the block, by SIGTERM, and its exit code and lines are in the result."""

    @contextlib.contextmanager
    def started(*options, by=signal.SIGTERM):
        common = ["-n", "1", "--weights", str(tiny_weights), "--device", "cpu", "--settle", "0.3"]
        common += ["--every", "0.2", "-o", str(tmp_path / "out")]
        command = [sys.executable, "-m", "colorize_cli", "watch", str(inbox), *common, *options]
        with (tmp_path / "said").open("w+") as said, subprocess.Popen(command, stderr=said) as process:
            yield process
            process.send_signal(by)
            process.wait(60)
            said.seek(0)
            process.said = said.read().splitlines()

    return started


def wait_for(*paths):
    deadline = time.monotonic() + 60
    while not all(path.exists() for path in paths) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert all(path.exists() for path in paths)


def lines(process, word):
    return [line for line in process.said if line.startswith(word)]


def test_what_arrives_is_coloured_as_by_the_folder_command(watching, inbox, tmp_path, tiny_weights):
    (inbox / "a.png").write_bytes(photo(1))
    with watching() as process:
        wait_for(tmp_path / "out/a.color-1.png")
        (inbox / "1912").mkdir()
        (inbox / "1912/b.png").write_bytes(photo(2))
        wait_for(tmp_path / "out/1912/b.color-1.png")
    assert process.returncode == ExitCode.OK
    assert [line.split(" (")[0] for line in lines(process, "done: ")] == [
        f"done: {inbox}/a.png",
        f"done: {inbox}/1912/b.png",
    ]
    options = ["-n", "1", "--weights", str(tiny_weights), "--device", "cpu", "-o", str(tmp_path / "calm")]
    subprocess.run([sys.executable, "-m", "colorize_cli", str(inbox), *options], check=True)
    assert tree(tmp_path / "out") == tree(tmp_path / "calm")


def test_a_photo_that_comes_in_pieces_is_taken_once_when_it_is_whole(watching, inbox, tmp_path):
    data = photo(3)
    with watching() as process:
        with (inbox / "slow.png").open("wb") as file:
            for i in range(0, len(data), len(data) // 8):
                file.write(data[i : i + len(data) // 8])
                file.flush()
                time.sleep(0.1)
        wait_for(tmp_path / "out/slow.color-1.png")
    assert len(lines(process, "done: ")) == 1
    assert lines(process, "failed: ") == []


def test_started_again_it_makes_what_is_new_and_nothing_twice(watching, inbox, tmp_path):
    (inbox / "a.png").write_bytes(photo(1))
    with watching(by=signal.SIGKILL):
        wait_for(tmp_path / "out/a.color-1.png")
    (inbox / "b.png").write_bytes(photo(2))
    with watching("--report", str(tmp_path / "report.jsonl"), by=signal.SIGINT) as process:
        wait_for(tmp_path / "out/b.color-1.png")
    assert process.returncode == ExitCode.OK
    assert [line.split(" (")[0] for line in lines(process, "done: ")] == [f"done: {inbox}/b.png"]
    report = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    assert [m["source"] for m in report if m["message_type"] == "photo"] == [f"{inbox}/b.png"]


def test_a_photo_that_fails_is_named_once_and_tried_again_when_it_changes(watching, inbox, tmp_path):
    with originals_untouched(tmp_path / "inbox"), watching() as process:
        (inbox / "bad.png").write_bytes(photo(1)[:200])
        (inbox / "a.png").write_bytes(photo(2))
        wait_for(tmp_path / "out/a.color-1.png")
        (inbox / "b.png").write_bytes(photo(3))
        wait_for(tmp_path / "out/b.color-1.png")
        (inbox / "bad.png").write_bytes(photo(1))
        wait_for(tmp_path / "out/bad.color-1.png")
    assert len(lines(process, "failed: ")) == 1
    assert len(lines(process, "done: ")) == 3


def test_without_watchdog_it_looks_by_itself(watching, inbox, tmp_path, monkeypatch):
    (tmp_path / "none/watchdog").mkdir(parents=True)
    (tmp_path / "none/watchdog/__init__.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "none"))
    with watching() as process:
        time.sleep(1)
        (inbox / "a.png").write_bytes(photo(1))
        wait_for(tmp_path / "out/a.color-1.png")
    assert "with a look every 0.2 s" in process.said[0]


def test_a_folder_that_another_holds_is_waited_for(watching, inbox, tmp_path):
    from colorize_cli.output.lock import locked

    (inbox / "a.png").write_bytes(photo(1))
    said = tmp_path / "said"
    with watching() as process:
        with locked([str(tmp_path / "out")]):
            while "Trying again" not in said.read_text() and process.poll() is None:
                time.sleep(0.02)
        wait_for(tmp_path / "out/a.color-1.png")
    assert process.returncode == ExitCode.OK
