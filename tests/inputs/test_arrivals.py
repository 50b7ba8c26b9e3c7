import os

import pytest

from colorize_cli.inputs.arrivals import Arrivals
from colorize_cli.settings import RunSettings


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def arrivals(tmp_path, clock):
    return Arrivals(RunSettings(paths=(tmp_path,)), 5, clock)


def at(clock, arrivals, now):
    clock.now = now
    return arrivals.look()


def names(look):
    return sorted(map(os.path.basename, look.ready))


def test_a_photo_is_taken_when_it_has_stopped_growing(tmp_path, clock, arrivals):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"x")
    assert (names(at(clock, arrivals, 0)), arrivals.look().wait) == ([], 5)
    photo.write_bytes(b"xx")
    assert names(at(clock, arrivals, 6)) == []
    assert names(at(clock, arrivals, 10)) == []
    look = at(clock, arrivals, 11)
    assert (names(look), look.news, look.wait) == (["a.jpg"], True, None)


def test_what_a_run_took_is_no_news_until_it_changes(tmp_path, clock, arrivals):
    (tmp_path / "a.jpg").write_bytes(b"x")
    at(clock, arrivals, 0)
    arrivals.took(at(clock, arrivals, 5).ready, ())
    assert not at(clock, arrivals, 9).news
    (tmp_path / "a.jpg").write_bytes(b"xyz")
    at(clock, arrivals, 10)
    assert at(clock, arrivals, 15).news


def test_a_photo_that_failed_is_left_alone_until_it_changes(tmp_path, clock, arrivals):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"x")
    at(clock, arrivals, 0)
    arrivals.took(at(clock, arrivals, 5).ready, {str(tmp_path / "a.jpg")})
    assert names(at(clock, arrivals, 6)) == ["b.jpg"]
    (tmp_path / "a.jpg").write_bytes(b"xy")
    at(clock, arrivals, 7)
    assert names(at(clock, arrivals, 12)) == ["a.jpg", "b.jpg"]
    arrivals.took(arrivals.look().ready, ())
    assert names(at(clock, arrivals, 13)) == ["a.jpg", "b.jpg"]


def test_hints_that_arrive_later_are_news(tmp_path, clock, arrivals):
    (tmp_path / "a.jpg").write_bytes(b"x")
    at(clock, arrivals, 0)
    arrivals.took(at(clock, arrivals, 5).ready, ())
    (tmp_path / "a.hints.json").write_bytes(b"{}")
    assert names(at(clock, arrivals, 6)) == []
    assert at(clock, arrivals, 11).news


def test_empty_files_and_an_empty_folder_are_waited_for(tmp_path, clock, arrivals):
    assert at(clock, arrivals, 0).ready == frozenset()
    (tmp_path / "a.jpg").touch()
    at(clock, arrivals, 1)
    assert at(clock, arrivals, 9).ready == frozenset()
