"""Real schedulers and worker processes of Dask on loopback, some of which are killed in mid-run."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import cv2
import pytest

from colorize_cli.errors import ExitCode
from colorize_cli.output.manifest import Manifest
from colorize_cli.run.run import run as run_in_process
from colorize_cli.settings import RunSettings
from tests.conftest import grey_scene

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

PATIENCE = 240  # seconds, for a machine that does much else
PHOTOS = 24

# What happens in a worker when it reads a photo of one of these names; told by files in its working folder.
FATES = """
import os, signal, time
from pathlib import Path
from colorize_cli.run import read

real, here = getattr(read, "real", read.read_photo), Path(os.environ["COLORIZE_FATES"])

def read_photo(path, **options):
    if path.stem == "poison" or (path.stem == "mortal" and not (here / "died").exists()):
        (here / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if path.stem == "gate" and (here / "closed").exists():
        (here / "reached").touch()
        while (here / "closed").exists():
            time.sleep(0.01)
    return real(path, **options)

read.real, read.read_photo = real, read_photo  # Dask loads this twice
"""

LOCAL = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


def until(true, what):
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


class Cluster:
    """A scheduler and two workers, started by their command line."""

    def __init__(self, place):
        self.place, self.fates = place, place / "fates"
        self.fates.mkdir()
        (place / "fates.py").write_text(FATES)
        self._file = place / "scheduler.json"
        environment = os.environ | {
            "COLORIZE_FATES": str(self.fates),
            "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
        }
        common = ["--scheduler-file", str(self._file), "--no-dashboard"]
        worker = ["--nworkers", "2", "--nthreads", "1", "--preload", str(place / "fates.py")]
        self._log = (place / "log").open("wb")
        self.scheduler, self.workers = (
            subprocess.Popen(
                [sys.executable, "-m", "dask", *words, *common],
                env=environment,
                cwd=place,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
            for words in (["scheduler", "--host", "127.0.0.1", "--port", "0"], ["worker", *worker])
        )
        until(lambda: self._file.exists() and self._file.read_text().endswith("}"), "the scheduler is there")
        self.address = json.loads(self._file.read_text())["address"]

    def close(self):
        for process in (self.workers, self.scheduler):
            # Its session: workers are children of the command that starts them anew.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
        self._log.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()


def photos(folder, *names):
    folder.mkdir()
    for i, name in enumerate(names):
        cv2.imwrite(str(folder / f"{name}.png"), grey_scene(60, 80, i))
    return folder


def command(source, out, weights, *options):
    common = ["-n", "2", "-o", str(out), "--weights", str(weights), "--device", "cpu", *options]
    return [sys.executable, "-m", "colorize_cli", str(source), *common]


def run(*arguments):
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=PATIENCE)


def run_here(source, out, weights):
    settings = RunSettings((source,), variants=2, output=out, weights=weights, device="cpu")
    assert run_in_process(settings) is ExitCode.OK


def digests(out):
    paths = (p for p in out.rglob("*") if p.is_file() and ".colorize" not in p.parts)
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def noted(out):
    """Pictures of the manifest, each with its digest."""
    entries = Manifest(str(out)).entries()
    return {picture.name: picture.sha256 for entry in entries for picture in entry.pictures.values()}


@pytest.fixture
def calm(tmp_path, tiny_weights):
    """What one machine makes of photos, to compare with."""

    def made(source):
        run_here(source, tmp_path / "calm", tiny_weights)
        return digests(tmp_path / "calm")

    return made


def test_two_local_workers_make_what_one_machine_makes(tmp_path, tiny_weights, calm):
    source = photos(tmp_path / "in", *(f"{i:02}" for i in range(PHOTOS)))
    (tmp_path / "local.py").write_text(LOCAL)
    starting = [sys.executable, str(tmp_path / "local.py")]
    with subprocess.Popen(starting, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as local:
        address = local.stdout.readline().strip()
        ended = run(source, tmp_path / "out", tiny_weights, "--cluster", address, "--profile")
        local.stdin.close()
    assert ended.returncode == ExitCode.OK, ended.stderr
    assert digests(tmp_path / "out") == calm(source)
    assert f"cpu on 2 workers of {address} in " in ended.stderr
    assert "2 threads" in ended.stderr


def test_killed_workers_cost_a_try_and_a_poisonous_photo_is_left_out(cluster, tmp_path, tiny_weights, calm):
    names = [f"{i:02}" for i in range(PHOTOS)]
    source, out = photos(tmp_path / "in", *names, "mortal"), tmp_path / "out"
    expected = calm(source)
    cv2.imwrite(str(source / "poison.png"), grey_scene(60, 80, 99))
    ended = run(source, out, tiny_weights, "--cluster", cluster.address)
    assert ended.returncode == ExitCode.SOME_INPUTS_FAILED, ended.stderr
    assert (cluster.fates / "died").exists()
    assert "poison.png: has ended 2 worker processes" in ended.stderr
    assert "1 failed" in ended.stderr
    assert digests(out) == expected
    assert len(noted(out)) == len(expected)
    assert not (out / ".colorize/unfinished").exists()


@contextlib.contextmanager
def started_to_the_gate(cluster, source, out, weights, log):
    """A run that a worker holds up with the photo `gate` in its hands, until the block ends."""
    (cluster.fates / "closed").touch()
    try:
        with log.open("wb") as said:
            there = command(source, out, weights, "--cluster", cluster.address)
            process = subprocess.Popen(there, stderr=said)
        until((cluster.fates / "reached").exists, "a worker holds the photo")
        yield process
    finally:
        (cluster.fates / "closed").unlink()
        (cluster.fates / "reached").unlink(missing_ok=True)


def test_after_ctrl_c_photos_that_workers_have_begun_are_finished(cluster, tmp_path, tiny_weights, calm):
    source, out = photos(tmp_path / "in", "gate", *(f"h{i:02}" for i in range(PHOTOS))), tmp_path / "out"
    with started_to_the_gate(cluster, source, out, tiny_weights, tmp_path / "said") as process:
        process.send_signal(signal.SIGINT)
        marks = out / ".colorize" / "unfinished"
        until(lambda: any(p.stat().st_size for p in marks.glob("*.run")), "workers are told to stop")
    assert process.wait(PATIENCE) == ExitCode.INTERRUPTED, (tmp_path / "said").read_text()
    assert "photos that were begun are finished" in (tmp_path / "said").read_text()
    made = digests(out)
    assert "gate.color-2.png" in made
    assert "h00.color-1.png" not in made
    assert run(source, out, tiny_weights, "--cluster", cluster.address).returncode == ExitCode.OK
    assert digests(out) == noted(out) == calm(source)


@pytest.mark.parametrize(("victim", "code"), [("client", -signal.SIGKILL), ("scheduler", ExitCode.DEVICE)])
def test_what_is_killed_in_mid_run_loses_nothing(cluster, tmp_path, tiny_weights, calm, victim, code):
    """The scheduler comes last: with it the cluster is gone."""
    source, out = photos(tmp_path / "in", *(f"{i:02}" for i in range(PHOTOS)), "gate"), tmp_path / "out"
    expected = calm(source)
    with started_to_the_gate(cluster, source, out, tiny_weights, tmp_path / "said") as process:
        until(lambda: len(digests(out)) > 2, "pictures are there")
        (process if victim == "client" else cluster.scheduler).kill()
        assert process.wait(PATIENCE) == code, (tmp_path / "said").read_text()
    before = digests(out)
    assert 2 < len(before) < len(expected)
    assert before.items() <= noted(out).items()
    if victim == "client":
        again = run(source, out, tiny_weights, "--cluster", cluster.address)
        assert again.returncode == ExitCode.OK, again.stderr
    else:
        run_here(source, out, tiny_weights)
    assert digests(out) == noted(out) == expected
    if victim == "client":
        # The worker that nobody waits for any more removes what it makes.
        until(lambda: not list(out.rglob(".colorize-*")), "nothing unfinished is left")
    else:
        assert "the scheduler has gone away" in (tmp_path / "said").read_text()
