import os
import signal
import sys

import pytest

from colorize_cli.common.signals import Interruption

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def silent():
    return Interruption(lambda: None)


def test_what_the_inner_one_hears_stops_the_outer_one_and_both_tell_of_it():
    told = []
    with Interruption(lambda: told.append("outer")) as outer:
        with Interruption(lambda: told.append("inner")) as inner:
            os.kill(os.getpid(), signal.SIGTERM)
            assert inner.asked
        assert outer.asked
    assert told == ["outer", "inner"]


def test_the_inner_one_stops_for_what_was_heard_before():
    with silent() as outer:
        os.kill(os.getpid(), signal.SIGINT)
        assert outer.asked
        with silent() as inner:
            assert inner.asked


def test_one_that_has_ended_leaves_the_next_alone():
    with silent():
        os.kill(os.getpid(), signal.SIGINT)
    with silent() as other:
        assert not other.asked
