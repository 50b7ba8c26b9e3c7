import threading
import time

from colorize_cli.inputs.bell import Bell, ringing


def waited(bell, most, least=0.0, stopped=lambda: False):
    began = time.monotonic()
    bell.wait(most, least, stopped)
    return time.monotonic() - began


def test_a_wait_ends_when_the_bell_is_rung_but_not_before_the_least():
    bell = Bell()
    threading.Timer(0.05, bell.ring).start()
    assert 0.04 < waited(bell, 60) < 30
    bell.ring()
    assert waited(bell, 60, least=0.1) >= 0.1


def test_a_wait_ends_by_itself_and_at_once_where_nothing_is_waited_for():
    assert waited(Bell(), 0.1) >= 0.1
    assert waited(Bell(), 60, least=60, stopped=lambda: True) < 30


def test_a_file_that_is_written_rings_and_one_that_is_read_does_not(tmp_path):
    bell = Bell()
    (tmp_path / "sub").mkdir()
    (tmp_path / "old.jpg").write_bytes(b"x")
    with ringing(bell, tmp_path) as hears:
        assert hears
        (tmp_path / "old.jpg").read_bytes()
        assert waited(bell, 0.3) >= 0.3
        (tmp_path / "sub/new.jpg").write_bytes(b"x")
        assert waited(bell, 60) < 30
