import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import pytest

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.errors import DeviceError, OutputError, PhotoError
from colorize_cli.image.formats import Format
from colorize_cli.inputs.naming import InputPhoto
from colorize_cli.run.bounded_map import bounded_map, guarded
from colorize_cli.run.events import Result, Summary
from colorize_cli.run.pipeline import Pipeline
from colorize_cli.run.plan import Job, Plan, make_plan
from colorize_cli.settings import RunSettings
from tests.conftest import colour_scene, grey_scene

JOB = Job(InputPhoto("a.jpg", None, "o", "a", Format.JPEG, ".jpg"), (1,))


def test_bounded_map_keeps_order_and_never_runs_far_ahead():
    taken, started, lock = 0, 0, threading.Lock()

    def work(i):
        nonlocal started
        with lock:
            started += 1
            assert started - taken <= 3
        return i * i

    with ThreadPoolExecutor(4) as pool:
        for i, value in enumerate(bounded_map(pool, work, range(50), ahead=3)):
            assert value == i * i
            with lock:
                taken += 1


@pytest.mark.parametrize("error", [PhotoError("spoilt"), ValueError("odd"), MemoryError()])
def test_the_trouble_of_one_photo_becomes_its_result(error):
    def fails(_):
        raise error

    result = guarded(fails, lambda job: job)(JOB)
    assert result.job is JOB
    assert str(error) in result.failure


@pytest.mark.parametrize("error", [OutputError("full"), DeviceError("gone")])
def test_what_meets_every_photo_ends_the_run(error):
    def fails(_):
        raise error

    with pytest.raises(type(error)):
        guarded(fails, lambda job: job)(JOB)


class Runner:
    """Plans and runs with the same engine and settings, as often as a test wants."""

    def __init__(self, engine, settings):
        self.engine, self.settings = engine, settings

    def plan(self, **changes):
        return make_plan(replace(self.settings, **changes), self.engine.info.sha256)

    def run(self, plan=None, progress=lambda result: None, stopped=lambda: False):
        return Pipeline(self.engine, self.settings, plan or self.plan()).run(progress, stopped)


@pytest.fixture
def runner(tiny_weights, album):
    return Runner(Colorizer.load(tiny_weights, "cpu"), RunSettings((album,), variants=2, batch_size=2))


def test_the_network_sees_photos_in_batches(runner, monkeypatch):
    sizes = []
    real = runner.engine.variants

    def counted(views, *args):
        sizes.append(len(views))
        return real(views, *args)

    monkeypatch.setattr(runner.engine, "variants", counted)
    seen = []
    summary = runner.run(progress=seen.append)
    assert sorted(sizes) == [1, 2]
    assert (summary.photos, summary.pictures, len(seen)) == (3, 6, 3)


def test_a_batch_is_closed_early_when_photos_are_large(runner, monkeypatch):
    monkeypatch.setattr("colorize_cli.run.pipeline._PIXELS_IN_FLIGHT", 1)
    sizes = []
    real = runner.engine.variants
    monkeypatch.setattr(runner.engine, "variants", lambda v, *a: sizes.append(len(v)) or real(v, *a))
    runner.run()
    assert sizes == [1, 1, 1]


def test_what_waits_for_room_asks_for_nothing():
    asked, room = [], [False]

    def items():
        for i in range(4):
            asked.append(i)
            yield i

    with ThreadPoolExecutor(2) as pool:
        results = bounded_map(pool, lambda i: i, items(), ahead=4, full=lambda: not room[0])
        assert (next(results), asked) == (0, [0])
        room[0] = True
        assert (next(results), len(asked)) == (1, 4)


def test_a_stop_finishes_what_was_begun_and_begins_nothing(runner):
    plan = runner.plan()
    begun = iter([False, True])
    summary = runner.run(plan, stopped=lambda: next(begun))
    assert (summary.photos, summary.interrupted) == (1, True)


def test_a_second_run_calls_no_model_even_if_dates_have_changed(runner, album, monkeypatch):
    runner.run()
    assert runner.plan().jobs == []
    monkeypatch.setattr(runner.engine, "variants", lambda *_: pytest.fail("a model call"))
    for path in album.rglob("*.*"):
        os.utime(path, ns=(1, 1))
    plan = runner.plan()
    assert (len(plan.jobs), runner.run(plan).already_done) == (3, 3)
    assert runner.plan().jobs == []


def test_a_photo_that_has_changed_is_coloured_anew_and_no_other(runner, album):
    runner.run()
    old = (album.with_name("album-colorized") / "aunt.color-1.jpg").read_bytes()
    cv2.imwrite(str(album / "aunt.jpg"), grey_scene(90, 120, 9))
    summary = runner.run()
    assert (summary.photos, summary.pictures, summary.already_done) == (1, 2, 2)
    assert (album.with_name("album-colorized") / "aunt.color-1.jpg").read_bytes() != old


def swap_bytes(path):
    """Another photo of the same size and time."""
    state = path.stat()
    data = bytearray(path.read_bytes())
    data[-3] ^= 1  # before the marker at the end
    path.write_bytes(data)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_without_trust_in_dates_a_photo_changed_in_secret_is_found_and_no_other(runner, album):
    runner.run()
    swap_bytes(album / "aunt.jpg")
    assert runner.plan().jobs == []
    plan, seen = runner.plan(trust_mtime=False), []
    runner.run(plan, seen.append)
    assert {r.job.source.name: r.status for r in seen} == {
        "aunt.jpg": "done",
        "boat.png": "unchanged",
        "crowd.jpg": "unchanged",
    }


def test_without_trust_in_dates_a_second_run_writes_nothing(runner, album, monkeypatch):
    cv2.imwrite(str(album / "new.png"), colour_scene())
    runner.run()
    monkeypatch.setattr(runner.engine, "variants", lambda *_: pytest.fail("a model call"))
    plan = runner.plan(trust_mtime=False)
    noted = next(iter(plan.manifests.values())).path
    before = noted.read_bytes()
    summary = runner.run(plan)
    assert (len(plan.jobs), summary.already_done, summary.already_left_out) == (4, 3, 1)
    assert noted.read_bytes() == before


def test_a_colour_photo_with_a_new_date_stays_left_out_and_is_noted(runner, album):
    cv2.imwrite(str(album / "new.png"), colour_scene())
    runner.run()
    os.utime(album / "new.png", ns=(1, 1))
    summary = runner.run()
    assert (summary.left_out, summary.already_left_out, summary.already_done) == (0, 1, 3)
    again = runner.plan()
    assert (again.jobs, again.already_left_out) == ([], 1)


def test_photos_without_work_are_told_at_once(runner):
    def endless():
        while True:
            yield Result(JOB, note="already in colour")

    pipeline = Pipeline(runner.engine, runner.settings, Plan())
    assert next(pipeline._batches(endless())).note == "already in colour"


def test_a_summary_counts_all_failures():
    summary = Summary()
    for i in range(100):
        summary.add(Result(JOB, failure=f"spoilt {i}", warnings=("odd",)))
    assert (summary.failed, summary.warned) == (100, 100)


def test_a_vanished_photo_is_one_failure(runner, album):
    plan = runner.plan()
    (album / "aunt.jpg").unlink()
    failures = []
    summary = runner.run(plan, lambda result: failures.append(result.failure))
    assert [text for text in failures if text and "aunt.jpg" in text] == [text for text in failures if text]
    assert (summary.photos, summary.failed) == (2, 1)
