"""Dask: the one module that knows which engine carries requests to workers."""

from __future__ import annotations

import contextlib
import logging
import pickle
import queue
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from colorize_cli import __version__
from colorize_cli.common.installing import install_command
from colorize_cli.errors import DeviceError, UsageError
from colorize_cli.run.cluster.remote import carry_out
from colorize_cli.run.cluster.requests import Answer, Request

log = logging.getLogger(__name__)

_PATIENCE = 20.0  # seconds for a scheduler to answer
_COUNTED_EVERY = 2.0  # seconds
_UNKNOWN_TO_SCHEDULER = "deserialization of the task graph"  # Dask's words; a type of its own there is not


@dataclass(frozen=True)
class Taken:
    """A request that has come back; without an answer: workers have died over it, too many for Dask."""

    ticket: str
    answer: Answer | None


class Connection:
    """A cluster by its scheduler."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self.address = client, address
        self._futures: dict[str, Any] = {}  # held: Dask forgets what nobody holds
        self._back: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._counted, self._threads = float("-inf"), 0

    def send(self, request: Request) -> str:
        """Let a worker carry out a request; the ticket under which it comes back."""
        ticket = f"colorize-{secrets.token_hex(8)}"
        with self._watched():
            data = pickle.dumps(request)
            future = self._client.submit(carry_out, __version__, data, key=ticket, pure=False)
        self._futures[ticket] = future
        future.add_done_callback(lambda _: self._back.put(ticket))
        return ticket

    def take(self, patience: float) -> Taken | None:
        """The next that has come back, None if none has in so many seconds; DeviceError if none will."""
        try:
            ticket = self._back.get(timeout=patience)
        except queue.Empty:
            self.threads()  # asks the scheduler, and so finds out whether it is there
            return None
        future = self._futures.pop(ticket)
        if future.status == "cancelled":
            raise self._gone()
        answer = self._result(future)
        if isinstance(answer, str):
            raise DeviceError(answer)
        return Taken(ticket, answer)

    def threads(self) -> int:
        """Requests that the workers carry out at the same time; not always counted anew."""
        if time.monotonic() - self._counted > _COUNTED_EVERY:
            with self._watched():
                found = sum(self._client.nthreads().values())
            if not found and self._threads != -1:
                log.warning("The cluster at %s has no workers; waiting for one.", self.address)
            self._threads, self._counted = found or -1, time.monotonic()
        return max(0, self._threads)

    def workers(self) -> int:
        """How many processes they are."""
        with self._watched():
            return len(self._client.nthreads())

    def _result(self, future: Any) -> Answer | str | None:
        from distributed import KilledWorker

        try:
            with self._watched():
                answer: Answer | str = future.result()
                return answer
        except KilledWorker:
            return None
        except ImportError as error:
            raise self._unfit(str(error), "one of its machines") from error
        except RuntimeError as error:
            if _UNKNOWN_TO_SCHEDULER not in str(error):
                raise
            raise self._unfit("the call cannot be read", "the scheduler") from error

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Faults of the connection are a DeviceError."""
        from concurrent.futures import CancelledError

        try:
            yield
        except (OSError, CancelledError) as error:
            raise self._gone() from error

    def _unfit(self, what: str, where: str) -> DeviceError:
        return DeviceError(
            f"--cluster {self.address}: {what} on {where}. Install colorize {__version__}, and the same "
            "version of Dask, on the scheduler's machine and those of all workers."
        )

    def _gone(self) -> DeviceError:
        return DeviceError(
            f"--cluster {self.address}: the scheduler has gone away, or the way to it. What was done is "
            "noted: the same command goes on from there."
        )


def _silence() -> None:
    """What matters of Dask's remarks is in our errors; it has given many of its loggers a handler."""
    for name in logging.root.manager.loggerDict:
        if name.split(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextlib.contextmanager
def connect(address: str) -> Iterator[Connection]:
    """The cluster of a scheduler; UsageError without Dask, DeviceError if nothing answers at the address."""
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            f"--cluster needs Dask, here and on the machines of the cluster: {install_command('cluster')}"
        ) from error
    if log.getEffectiveLevel() > logging.DEBUG:
        _silence()
    try:
        client: Any = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise DeviceError(
            f"--cluster {address}: no scheduler answers there ({type(error).__name__}: {error})."
        ) from error
    try:
        yield Connection(client, address)
    finally:
        client.close(timeout=_PATIENCE)
