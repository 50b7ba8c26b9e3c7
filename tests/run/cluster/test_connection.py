import logging
from concurrent.futures import CancelledError

import pytest

from colorize_cli import __version__
from colorize_cli.errors import DeviceError, ExitCode, UsageError
from colorize_cli.run.cluster.connection import Connection, connect
from colorize_cli.run.cluster.remote import carry_out


class Future:
    def __init__(self, outcome):
        self.outcome = outcome
        self.status = "cancelled" if isinstance(outcome, CancelledError) else "finished"

    def add_done_callback(self, tell):
        tell(self)

    def result(self):
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Client:
    """Stands for Dask's; whatever is sent comes back with `outcome` at once."""

    def __init__(self, outcome, threads=(1, 1)):
        self.outcome, self.sent = outcome, []
        self._threads = {f"tcp://w{i}": n for i, n in enumerate(threads)}

    def submit(self, function, *arguments, **options):
        self.sent.append((function, arguments))
        return Future(self.outcome)

    def nthreads(self):
        if isinstance(self.outcome, OSError):
            raise self.outcome
        return self._threads


def back(outcome):
    connection = Connection(Client(outcome), "tcp://s:1")
    connection.send({"a": "request"})
    return connection.take(1)


def test_a_request_is_sent_with_the_version_and_comes_back():
    client = Client("answer")
    connection = Connection(client, "tcp://s:1")
    client.outcome = 7
    ticket = connection.send({"a": "request"})
    assert (client.sent[0][0], client.sent[0][1][0]) == (carry_out, __version__)
    taken = connection.take(1)
    assert (taken.ticket, taken.answer, connection.take(0.01)) == (ticket, 7, None)
    assert (connection.threads(), connection.workers()) == (2, 2)


def test_an_answer_that_is_a_text_is_a_refusal():
    with pytest.raises(DeviceError, match="has colorize 0"):
        back("The worker has colorize 0")


def test_workers_that_died_leave_no_answer():
    from distributed import KilledWorker

    assert back(KilledWorker("key", None, 3)).answer is None


@pytest.mark.parametrize("error", [CancelledError(), OSError("closed")])
def test_a_scheduler_that_is_gone_ends_the_run(error):
    with pytest.raises(DeviceError, match="has gone away"):
        back(error)


def test_a_machine_without_the_package_is_told_of():
    with pytest.raises(DeviceError, match=r"No module named 'colorize_cli' on one of.*Install colorize"):
        back(ModuleNotFoundError("No module named 'colorize_cli'"))
    with pytest.raises(DeviceError, match=r"cannot be read on the scheduler.*Install colorize"):
        back(RuntimeError("Error during deserialization of the task graph. This frequently"))
    with pytest.raises(RuntimeError, match="a fault"):
        back(RuntimeError("a fault"))


def test_a_cluster_without_workers_is_told_once(caplog, monkeypatch):
    monkeypatch.setattr("colorize_cli.run.cluster.connection._COUNTED_EVERY", 0.0)
    connection = Connection(Client(None, threads=()), "tcp://s:1")
    assert [connection.threads() for _ in range(3)] == [0, 0, 0]
    assert [r.levelno for r in caplog.records] == [logging.WARNING]


def test_another_version_is_refused_before_the_request_is_opened():
    text = carry_out("0.0.0", b"no pickle", "tcp://w:1")
    assert "tcp://w:1 on " in text
    assert f"has colorize {__version__}, this machine has 0.0.0" in text


def test_nobody_at_the_address_is_an_error(monkeypatch):
    monkeypatch.setattr("colorize_cli.run.cluster.connection._PATIENCE", 0.1)
    with (
        pytest.raises(DeviceError, match=r"--cluster tcp://127.0.0.1:9: no scheduler answers") as caught,
        connect("tcp://127.0.0.1:9"),
    ):
        pass
    assert caught.value.exit_code is ExitCode.DEVICE


def test_without_dask_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'dask.*' 'distributed"), connect("tcp://s:1"):
        pass
