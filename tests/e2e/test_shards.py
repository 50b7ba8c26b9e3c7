"""Eight processes that know nothing of each other, in one folder and in folders of their own."""

import contextlib
import glob
import os
import signal
import subprocess
import sys
import time

import cv2
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.output.manifest import Manifest
from tests.conftest import grey_scene
from tests.folders import tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

SHARDS, PHOTOS = 8, 48


@pytest.fixture
def scans(tmp_path):
    (tmp_path / "in/sub").mkdir(parents=True)
    for i in range(PHOTOS):
        name = f"in/sub/{i:03}.png" if i % 3 else f"in/{i:03}.png"
        cv2.imwrite(str(tmp_path / name), grey_scene(200, 250, i))
    return tmp_path / "in"


@pytest.fixture
def command(scans, tiny_weights):
    def built(out, *more):
        options = ["-n", "2", "-o", str(out), "--weights", str(tiny_weights), "--device", "cpu", "-q"]
        return [str(scans), *options, *map(str, more)]

    return built


@pytest.fixture
def colorize(command):
    return lambda *arguments: run_guarded(cli, "colorize", command(*arguments))


# One process loads torch, which takes seconds, and becomes eight; they begin within milliseconds.
START = """
import os, sys
import colorize_cli.engine.pool, colorize_cli.run.pipeline
from colorize_cli.cli import main
shards = []
for i in range(8):
    shards.append(os.fork())
    if not shards[-1]:
        os.environ["SLURM_ARRAY_TASK_ID"] = str(i)
        main()
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(shard, 0)[1]) for shard in shards))
"""


def started(command, out):
    """All shards at once, in one folder, as a Slurm array starts them; they are a group of processes."""
    slurm = {
        f"SLURM_ARRAY_TASK_{name}": value for name, value in (("COUNT", "8"), ("MIN", "0"), ("MAX", "7"))
    }
    line = [sys.executable, "-c", START, *command(out, "--shard", "auto")]
    return subprocess.Popen(line, env=os.environ | slurm, start_new_session=True)


def killed(process, out, pictures):
    """Kill all shards once there are so many pictures; whether they were still at work."""
    deadline = time.monotonic() + 300
    # By glob, which does not mind that folders go while it looks, and passes `.colorize` over.
    while process.poll() is None and time.monotonic() < deadline:
        if len(glob.glob(f"{out}/**/*.png", recursive=True)) >= pictures:  # noqa: PTH207
            break
        time.sleep(0.01)
    at_work = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    return at_work


def test_eight_shards_at_once_are_killed_and_repeated_and_nothing_is_lost(
    command, colorize, tmp_path, capsys
):
    assert colorize(tmp_path / "calm") == ExitCode.OK
    calm, out = tree(tmp_path / "calm"), tmp_path / "out"
    for pictures in (1, 2 * PHOTOS // 3):
        assert killed(started(command, out), out, pictures)
        assert tree(out).items() <= calm.items()  # whatever can be seen is whole
    assert started(command, out).wait(300) == ExitCode.OK
    assert tree(out) == calm
    assert len(list((out / ".colorize").glob("manifest.*"))) > SHARDS
    # One archive: to those who look at it, and to a later run.
    assert len(list(Manifest(str(out)).entries())) == PHOTOS
    assert run_guarded(cli, "colorize", ["verify", str(out)]) == ExitCode.OK
    assert f"{2 * PHOTOS} pictures, 0 with something wrong" in capsys.readouterr().err
    before = {path.name for path in (out / ".colorize").iterdir()}
    assert colorize(out, "--device", "there is none, and none is needed") == ExitCode.OK
    assert {path.name for path in (out / ".colorize").iterdir()} - before <= {"lock"}


def test_shards_in_folders_of_their_own_are_merged(colorize, scans, tmp_path):
    """Made one after the other here; at once they are in the test above."""
    assert colorize(tmp_path / "calm", "--include", "00*") == ExitCode.OK
    parts = [tmp_path / f"part{i}" for i in (1, 2, 3)]
    for i, part in enumerate(parts, 1):
        assert colorize(part, "--shard", f"{i}/3", "--include", "00*") == ExitCode.OK
    assert [bool(tree(part)) for part in parts] == [True, False, True]  # nothing fell to the second
    out = tmp_path / "out"
    assert run_guarded(cli, "colorize", ["merge", *map(str, parts), "-o", str(out), "-q"]) == ExitCode.OK
    assert tree(out) == tree(tmp_path / "calm")
    assert run_guarded(cli, "colorize", ["verify", str(out)]) == ExitCode.OK
    assert colorize(out, "--include", "00*", "--device", "none, for nothing is to be done") == ExitCode.OK


def test_a_group_stays_whole_and_has_the_look_of_one_run(colorize, scans, tmp_path):
    options = ["--group", "(.)[.]png", "--include", "00*", "--include", "01*"]
    assert colorize(tmp_path / "calm", *options) == ExitCode.OK
    for i in (1, 2, 3):
        assert colorize(tmp_path / "out", "--shard", f"{i}/3", *options) == ExitCode.OK
    assert tree(tmp_path / "out") == tree(tmp_path / "calm")


def test_a_shard_without_photos_is_no_mistake(colorize, tmp_path, capsys):
    told = [colorize(tmp_path / "out", "--shard", f"{i}/9", "--include", "000*") for i in range(1, 10)]
    assert told == [ExitCode.OK] * 9 and len(tree(tmp_path / "out")) == 2


def test_a_gallery_is_not_made_by_a_shard(colorize, tmp_path, capsys):
    assert colorize(tmp_path / "out", "--shard", "1/2", "--gallery") == ExitCode.USAGE
    assert "colorize gallery OUT" in capsys.readouterr().err
