import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from colorize_cli.engine import Colorizer
from colorize_cli.errors import DeviceError, OutputError, PhotoError
from colorize_cli.pipeline import Pipeline, Result, bounded_map, guarded
from colorize_cli.planning import Job, make_plan
from colorize_cli.settings import RunSettings

JOB = Job(Path("a.jpg"), ())


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


@pytest.fixture
def pipeline(tiny_weights, album):
    settings = RunSettings((album,), variants=2, batch_size=2)
    return Pipeline(Colorizer.load(tiny_weights, "cpu"), settings)


def test_the_network_sees_photos_in_batches(pipeline, monkeypatch):
    sizes = []
    real = pipeline.colorizer.fields

    def counted(views, *args):
        sizes.append(len(views))
        return real(views, *args)

    monkeypatch.setattr(pipeline.colorizer, "fields", counted)
    seen = []
    summary = pipeline.run(make_plan(pipeline.settings), seen.append)
    assert sizes == [2, 1]
    assert (summary.photos, summary.pictures, len(seen)) == (3, 6, 3)


def test_a_batch_is_closed_early_when_photos_are_large(pipeline, monkeypatch):
    monkeypatch.setattr("colorize_cli.pipeline._BATCH_PIXELS", 5000)
    sizes = []
    real = pipeline.colorizer.fields
    monkeypatch.setattr(pipeline.colorizer, "fields", lambda v, *a: sizes.append(len(v)) or real(v, *a))
    pipeline.run(make_plan(pipeline.settings), lambda result: None)
    assert sizes == [1, 1, 1] or sizes == [2, 1]


def test_photos_without_work_are_told_at_once(pipeline):
    def endless():
        while True:
            yield Result(JOB, note="already in colour")

    assert next(pipeline._color(endless())).note == "already in colour"


def test_a_vanished_photo_is_one_failure(pipeline, album):
    plan = make_plan(pipeline.settings)
    (album / "aunt.jpg").unlink()
    summary = pipeline.run(plan, lambda result: None)
    assert [type(r) for r in summary.failures] == [Result]
    assert "aunt.jpg" in summary.failures[0].failure
    assert summary.photos == 2
