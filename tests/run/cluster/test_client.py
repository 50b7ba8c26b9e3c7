"""Client and worker in one process: requests are pickled and carried out at once, as Dask would."""

import contextlib
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections import deque
from dataclasses import replace

import cv2
import numpy as np
import pytest
import tifffile

from colorize_cli import __version__
from colorize_cli.errors import DeviceError, ExitCode, OutputError, WeightsError
from colorize_cli.output.manifest import Manifest
from colorize_cli.run import read
from colorize_cli.run.cluster import connection, worker
from colorize_cli.run.cluster.connection import Taken
from colorize_cli.run.cluster.remote import carry_out
from colorize_cli.run.report import Report
from colorize_cli.run.run import run
from colorize_cli.settings import IfExists, RunSettings
from tests.conftest import colour_scene, grey_scene


class Died(BaseException):
    """The end of a worker process."""


class Here:
    """Stands for a `Connection`; `lives`: how many deaths of workers Dask bears with before it gives up."""

    address = "here"

    def __init__(self, lives=3):
        self.back, self.lives, self.requests, self.deaths = deque(), lives, [], 0

    def send(self, request):
        ticket = f"ticket {len(self.requests)}"
        self.requests.append(request)
        self.back.append(Taken(ticket, self._answer(pickle.dumps(request))))
        return ticket

    def _answer(self, data):
        for _ in range(self.lives + 1):
            try:
                return pickle.loads(pickle.dumps(carry_out(__version__, data, "tcp://w:1")))
            except Died:
                self.deaths += 1
        return None

    def take(self, patience):
        return self.back.popleft() if self.back else None

    def threads(self):
        return 2

    def workers(self):
        return 2


@pytest.fixture(autouse=True)
def here(monkeypatch):
    made = Here()
    monkeypatch.setattr(connection, "connect", lambda address: contextlib.nullcontext(made))
    monkeypatch.setattr(worker, "_engines", {})
    return made


@pytest.fixture
def archive(tmp_path):
    """Photos of all fates, in the working folder."""
    folder = tmp_path / "archive"
    (folder / "1912").mkdir(parents=True)
    for i in range(6):
        cv2.imwrite(str(folder / "1912" / f"{i}.png"), grey_scene(60, 70, i))
    cv2.imwrite(str(folder / "colour.png"), colour_scene())
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    cv2.imwrite(str(folder / "aunt.jpg"), grey_scene(90, 120, 9))
    hint = {"version": 1, "hints": [{"x": 0.5, "y": 0.5, "color": "#884422", "label": "coat"}]}
    (folder / "aunt.hints.json").write_text(json.dumps(hint))
    tifffile.imwrite(folder / "pages.tif", np.stack([grey_scene(40, 50, i) for i in (1, 2)]))
    return folder


def pictures(out):
    paths = (path for path in out.rglob("*.*") if path.is_file() and ".colorize" not in path.parts)
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


def coloured(settings, out, cluster=None, prepare=lambda out: None):
    """Exit code, files, what the manifest knows and the report, in an order of their own."""
    prepare(out)
    lines = []

    class Lines:
        def write(self, line):
            lines.append(json.loads(line))

        def flush(self):
            pass

    with Report(None, Lines()) as report:
        code = run(replace(settings, output=out, cluster=cluster), report)
    entries = {e.target: (e.source, e.pictures, e.left_out) for e in Manifest(str(out)).entries()}
    dropped = ("seconds", "device")
    told = sorted(
        json.dumps({k: v for k, v in line.items() if k not in dropped}).replace(str(out), "OUT")
        for line in lines
    )
    return code, pictures(out), entries, told


def taken_place(out):
    (out / "1912").mkdir(parents=True)
    (out / "1912" / "2.color-1.png").write_bytes(b"of a person")


@pytest.mark.parametrize(
    ("options", "prepare"),
    [
        ({}, lambda out: None),
        ({"uncertainty": True, "group": "folder"}, lambda out: None),
        ({"if_exists": IfExists.RENAME}, taken_place),
        ({"if_exists": IfExists.SKIP}, taken_place),
    ],
)
def test_a_cluster_gives_what_one_machine_gives(
    archive, tmp_path, tiny_weights, monkeypatch, options, prepare
):
    monkeypatch.chdir(tmp_path)
    settings = RunSettings((archive.relative_to(tmp_path),), variants=2, weights=tiny_weights, **options)
    outs = [tmp_path / "outs" / name / "out" for name in ("one", "two")]
    one = coloured(settings, outs[0], prepare=prepare)
    two = coloured(settings, outs[1], "here", prepare)
    assert two == one
    assert one[0] is ExitCode.SOME_INPUTS_FAILED
    assert len(one[1]) > 15
    assert not (outs[1] / ".colorize" / "unfinished").exists()


@pytest.fixture
def settings(album, tmp_path, tiny_weights):
    return RunSettings((album,), variants=2, weights=tiny_weights, output=tmp_path / "out", cluster="here")


def test_a_second_run_asks_no_worker(settings, here):
    assert run(settings) is ExitCode.OK
    asked = len(here.requests)
    assert run(settings) is ExitCode.OK
    assert len(here.requests) == asked > 0


def test_a_photo_with_another_date_is_only_noted(settings, album, here):
    run(settings)
    made = pictures(settings.output)
    os.utime(album / "aunt.jpg", (1, 1))
    run(settings)
    asked = len(here.requests)
    assert run(settings) is ExitCode.OK
    assert (len(here.requests), pictures(settings.output)) == (asked, made)


def test_a_stopped_run_notes_what_was_done_and_goes_on(settings, monkeypatch):
    monkeypatch.setattr("colorize_cli.run.cluster.chunks._PHOTOS", 1)
    monkeypatch.setattr(Here, "threads", lambda self: -0.5)  # one request at a time
    asked = []
    monkeypatch.setattr(
        "colorize_cli.run.run.Interruption",
        lambda heard: contextlib.nullcontext(type("", (), {"asked": property(lambda _: bool(asked))})()),
    )

    def stop(event):
        if getattr(event, "status", None) == "done":
            asked.append(event)

    assert run(settings, stop) is ExitCode.INTERRUPTED
    assert len(pictures(settings.output)) == 2
    asked.clear()
    assert run(settings) is ExitCode.OK
    assert len(pictures(settings.output)) == 6


def dying_at(monkeypatch, name, times):
    real, left = read.read_photo, [times]

    def read_photo(path, **options):
        if path.name == name and left[0]:
            left[0] -= 1
            raise Died
        return real(path, **options)

    monkeypatch.setattr(read, "read_photo", read_photo)


def test_the_photos_of_a_worker_that_died_are_made_by_another(settings, here, monkeypatch):
    dying_at(monkeypatch, "boat.png", 1)
    assert run(settings) is ExitCode.OK
    assert here.deaths == 1
    assert len(pictures(settings.output)) == 6


@pytest.mark.parametrize("lives", [0, 1, 3])
def test_a_photo_that_ends_two_workers_is_left_out_by_name(settings, here, monkeypatch, lives):
    here.lives = lives
    dying_at(monkeypatch, "boat.png", 99)
    told = []
    assert run(settings, told.append) is ExitCode.SOME_INPUTS_FAILED
    assert here.deaths == 2
    failures = [event.failure for event in told if getattr(event, "status", "") == "failed"]
    assert len(failures) == 1
    assert "boat.png: has ended 2 worker processes" in failures[0]
    assert len(pictures(settings.output)) == 4
    assert not (settings.output / ".colorize" / "unfinished").exists()


def test_workers_that_die_before_any_photo_end_the_run(settings, monkeypatch):
    def dies(request):
        raise Died

    monkeypatch.setattr(worker, "_engine", dies)
    with pytest.raises(DeviceError, match="workers end before they begin"):
        run(settings)


def test_what_was_done_before_the_disk_was_full_is_noted(settings, monkeypatch):
    real = worker.ChunkDesk.finish

    def finish(self, delivery):
        if delivery.job.source.name == "boat.png":
            raise OutputError("full")
        real(self, delivery)

    monkeypatch.setattr(worker.ChunkDesk, "finish", finish)
    with pytest.raises(OutputError, match=r"The worker tcp://w:1 on .*: full"):
        run(settings)
    kept = pictures(settings.output)
    assert kept
    assert not any("boat" in name for name in kept)
    monkeypatch.undo()
    assert run(replace(settings, cluster=None)) is ExitCode.OK
    assert len(pictures(settings.output)) == 6


def test_weights_travel_to_workers_that_lack_them(settings, here, tmp_path, monkeypatch):
    mine, real = tmp_path / "mine.safetensors", worker.sha256_of
    shutil.move(shutil.copy(settings.weights, tmp_path), mine)

    def sha256_of(path):
        if path == mine:
            raise FileNotFoundError
        return real(path)

    monkeypatch.setattr(worker, "sha256_of", sha256_of)
    assert run(replace(settings, weights=mine)) is ExitCode.OK
    assert [request.weights_copy is not None for request in here.requests][-1]
    assert len(pictures(settings.output)) == 6
    assert not (settings.output / ".colorize" / "unfinished").exists()


def test_the_client_needs_no_torch():
    code = "import sys, colorize_cli.run.cluster.client; print('torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout == "False\n"


def test_other_weights_are_refused_by_name(settings, monkeypatch):
    monkeypatch.setattr(worker, "sha256_of", lambda path: "f" * 64)
    with pytest.raises(WeightsError, match=r"The worker tcp://w:1 on .*not the weights that were asked for"):
        run(settings)


def test_storage_that_a_worker_does_not_see_is_named(settings, monkeypatch):
    monkeypatch.setattr("colorize_cli.run.cluster.shared.RunMark.make", lambda self: None)
    with pytest.raises(OutputError, match=r"The worker tcp://w:1 on .*storage that all machines see"):
        run(settings)


def test_a_worker_of_a_run_that_is_over_leaves_nothing(settings, here, monkeypatch):
    seen = []
    real = worker.ChunkDesk.end

    def end(self, result):
        real(self, result)
        seen.extend(settings.output.rglob(".colorize-*.jpg"))
        here.requests[0].mark.unlink(missing_ok=True)

    monkeypatch.setattr(worker.ChunkDesk, "end", end)
    with pytest.raises(OutputError):  # of the next chunk, as its client is still there
        run(settings)
    assert seen
    assert not any(path.exists() for path in seen)
