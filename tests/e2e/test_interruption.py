"""Real processes that are stopped in the middle, then run again."""

import hashlib
import random
import signal
import subprocess
import sys
import time

import cv2
import pytest

from colorize_cli.errors import ExitCode
from tests.conftest import grey_scene

PHOTOS = 40
KILLS = 30

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def digests(folder):
    paths = sorted(p for p in folder.rglob("*.png") if ".colorize" not in p.parts)
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


@pytest.fixture
def command(tmp_path, tiny_weights):
    (tmp_path / "in/sub").mkdir(parents=True)
    for i in range(PHOTOS):
        name = f"in/sub/{i:03}.png" if i % 3 else f"in/{i:03}.png"
        cv2.imwrite(str(tmp_path / name), grey_scene(200, 250, i))

    def built(out):
        options = ["-n", "2", "-o", str(out), "--weights", str(tiny_weights), "--device", "cpu"]
        return [sys.executable, "-m", "colorize_cli", str(tmp_path / "in"), *options, "--batch-size", "1"]

    return built


def started(command, out):
    """A run that has begun to write."""
    before = len(digests(out))
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(digests(out)) == before and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    return process


def test_after_ctrl_c_everything_that_was_begun_is_finished(command, tmp_path):
    out = tmp_path / "out"
    process = started(command(out), out)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == ExitCode.INTERRUPTED
    written = digests(out)
    assert 0 < len(written) < 2 * PHOTOS
    # Both variants of a photo or none, and nothing half-written.
    assert all(name.replace("color-1", "color-2") in written for name in written)
    assert not (out / ".colorize/unfinished").exists()
    assert subprocess.run(command(out), stderr=subprocess.DEVNULL).returncode == ExitCode.OK
    assert len(digests(out)) == 2 * PHOTOS


def test_a_second_ctrl_c_stops_at_once(command, tmp_path):
    process = started(command(tmp_path / "out"), tmp_path / "out")
    process.send_signal(signal.SIGINT)
    time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == ExitCode.INTERRUPTED


def test_killed_again_and_again_it_ends_as_if_undisturbed(command, tmp_path):
    sources = digests(tmp_path / "in")
    assert subprocess.run(command(tmp_path / "calm"), stderr=subprocess.DEVNULL).returncode == ExitCode.OK
    calm, out = digests(tmp_path / "calm"), tmp_path / "out"
    chance, kills = random.Random(0), 0
    while kills < KILLS:
        process = started(command(out), out)
        time.sleep(chance.uniform(0, 0.02))
        process.kill()
        assert process.wait(10) in (-signal.SIGKILL, ExitCode.OK)
        kills += 1
        # Whatever can be seen at any moment is whole.
        seen = digests(out)
        assert seen.items() <= calm.items()
        if len(seen) == len(calm):
            for path in list(out.rglob("*.png"))[:: chance.choice((1, 2))]:
                path.unlink()
    assert subprocess.run(command(out), stderr=subprocess.DEVNULL).returncode == ExitCode.OK
    assert digests(out) == calm
    assert digests(tmp_path / "in") == sources
