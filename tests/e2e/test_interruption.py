"""Real processes that are stopped in the middle, then run again."""

import signal
import subprocess
import sys
import time

import cv2
import pytest

from colorize_cli.errors import ExitCode
from tests.conftest import grey_scene

PHOTOS = 40


@pytest.fixture
def command(tmp_path, tiny_weights):
    (tmp_path / "in").mkdir()
    for i in range(PHOTOS):
        cv2.imwrite(str(tmp_path / f"in/{i:03}.png"), grey_scene(400, 500, i))
    options = ["-n", "2", "-o", str(tmp_path / "out"), "--weights", str(tiny_weights), "--device", "cpu"]
    return [sys.executable, "-m", "colorize_cli", str(tmp_path / "in"), *options, "--batch-size", "2"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_stopped_run_leaves_whole_pictures_and_goes_on(command, tmp_path, sent, code):
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "out").glob("*.png")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(sent)
    assert process.wait(60) == code
    written = list((tmp_path / "out").glob("*.png"))
    assert 0 < len(written) < 2 * PHOTOS
    assert all(cv2.imread(str(path)).shape == (400, 500, 3) for path in written)
    if sent == signal.SIGINT:
        assert list((tmp_path / "out").glob(".*")) == []
    assert subprocess.run(command, stderr=subprocess.DEVNULL).returncode == ExitCode.OK
    assert len(list((tmp_path / "out").glob("*.png"))) == 2 * PHOTOS
