import time

import pytest

from colorize_cli.commands.profile import shares
from colorize_cli.common.stopwatch import Stopwatch


def test_a_stage_inside_another_is_counted_once(monkeypatch):
    clock = iter([0.0, 1.0, 4.0, 10.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    watch = Stopwatch()
    with watch.stage("write"), watch.stage("colour"):
        pass
    assert (watch.seconds["write"], watch.seconds["colour"]) == (7.0, 3.0)


def test_what_makes_items_is_timed_and_what_uses_them_is_not(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    watch = Stopwatch()
    assert list(watch.each("colour", "ab")) == ["a", "b"]
    assert watch.seconds["colour"] == 3.0  # two items and the end


def test_a_failure_is_timed_too():
    watch = Stopwatch()
    with pytest.raises(ValueError), watch.stage("read"):
        raise ValueError
    assert watch.seconds["read"] > 0


def test_waiting_is_what_is_left_of_all_threads():
    watch = Stopwatch(dict.fromkeys(("read", "view", "model", "colour", "write"), 1.0))
    assert shares(watch, threads=2, seconds=4.0)["waiting"] == 3.0
