"""Several cards behind the surface of one `Colorizer`: a worker process each."""

from __future__ import annotations

import atexit
import contextlib
import logging
import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import joblib
import numpy as np
import torch
from numpy.typing import NDArray

from colorize_cli.common.signals import SIGNALS
from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.device import choose_devices, kind_of
from colorize_cli.engine.protocol import Engine, Prompt, SampleOptions, Variants
from colorize_cli.engine.worker import Answer, Call, Hello, LookCall, Order, VariantsCall, serve
from colorize_cli.errors import DeviceError
from colorize_cli.model.variants.group_look import GroupLook

log = logging.getLogger(__name__)

_PATIENCE = 10.0  # seconds for a worker to end by itself


@dataclass(eq=False)
class _Worker:
    device: str
    process: BaseProcess
    pipes: list[Connection]  # one for each call at a time
    lost: str | None = None  # why no more calls are given to it


@dataclass(eq=False)
class _Slot:
    worker: _Worker
    pipe: Connection


class ColorizerPool:
    """A `Colorizer` on each of several devices, in a process of its own, together an `Engine`.

    One process for several cards would share one interpreter lock, and the failure of a card ends the
    process that uses it. The photos stay here: workers get views and give fields, a few hundred kB a photo.
    Close it, or use it as a context manager. Processes are started anew ("spawn"): a program that uses it
    needs the usual `if __name__ == "__main__":`.
    """

    def __init__(
        self, devices: Sequence[str], weights: Path | str | None = None, precision: str = "auto"
    ) -> None:
        self._changed = threading.Condition()
        self._workers: list[_Worker] = []
        atexit.register(self.close)  # before multiprocessing's own, which would wait for workers for ever
        try:
            for order in _orders(devices, None if weights is None else Path(weights), precision):
                self._workers.append(_start(order))
            hellos = [_hello(worker) for worker in self._workers]
        except BaseException:
            self.close()
            raise
        self.info, self.view_size, self.detail = hellos[0].info, hellos[0].view_size, hellos[0].detail
        self.device = torch.device(torch.device(devices[0]).type)
        self.device_name = ",".join(devices)
        self.precision = ",".join(dict.fromkeys(hello.precision for hello in hellos))
        depth = max(len(worker.pipes) for worker in self._workers)
        # All first slots before the second ones: two calls go to two cards.
        self._free = deque(_Slot(w, w.pipes[i]) for i in range(depth) for w in self._workers)
        self.slots = len(self._free)

    def variants(
        self,
        views: NDArray[np.float32],
        prompts: Sequence[Prompt],
        options: SampleOptions,
        colour_views: NDArray[np.float32] | None = None,
    ) -> Variants:
        """See `Colorizer.variants`; waits for a worker that is free.

        A batch whose worker ends or loses its card is given to another one, once; DeviceError if that
        ends, too, or if none is left.
        """
        answer = self._answer(VariantsCall(views, tuple(prompts), options, colour_views))
        assert isinstance(answer, Variants)
        return answer

    def look(self, views: NDArray[np.float32]) -> GroupLook:
        """See `Colorizer.look`; waits, and is given to another worker, as `variants` is."""
        answer = self._answer(LookCall(views))
        assert isinstance(answer, GroupLook)
        return answer

    def _answer(self, call: Call) -> Answer:
        for _ in range(2):
            slot = self._take()
            answer = self._ask(slot, call)
            if isinstance(answer, DeviceError):
                self._drop(slot.worker, str(answer))
                continue
            self._give_back(slot)
            if isinstance(answer, Exception):
                raise answer
            return answer
        raise DeviceError(self._reasons("Two workers have ended over the same photos."))

    def close(self) -> None:
        """Let the workers end; those that do not are killed."""
        atexit.unregister(self.close)
        workers, self._workers = self._workers, []
        for worker in workers:
            for pipe in worker.pipes:
                pipe.close()
        for worker in workers:
            worker.process.join(_PATIENCE)
            worker.process.kill()
            worker.process.join()

    def __enter__(self) -> ColorizerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> _Slot:
        with self._changed:
            self._changed.wait_for(lambda: self._free or all(w.lost for w in self._workers))
            if not self._free:
                raise DeviceError(self._reasons("No device is left."))
            return self._free.popleft()

    def _give_back(self, slot: _Slot) -> None:
        with self._changed:
            if not slot.worker.lost:
                self._free.append(slot)
                self._changed.notify()

    def _ask(self, slot: _Slot, call: Call) -> Answer | Exception:
        answer: Answer | Exception
        try:
            slot.pipe.send(call)
            answer = slot.pipe.recv()
        except (EOFError, OSError):
            answer = DeviceError(_ending(slot.worker))
        except BaseException:
            # Its answer is still in the pipe, where the next call would take it for its own.
            self._drop(slot.worker, f"{slot.worker.device}: its worker process was interrupted.")
            raise
        return answer

    def _drop(self, worker: _Worker, reason: str) -> None:
        """Give no more calls to a worker; those it has end like this one."""
        with self._changed:
            if not worker.lost:
                worker.lost = reason
                worker.process.kill()
                self._free = deque(slot for slot in self._free if slot.worker is not worker)
                log.warning("%s", reason)
            self._changed.notify_all()

    def _reasons(self, text: str) -> str:
        return " ".join([text, *(w.lost for w in self._workers if w.lost)])


@contextlib.contextmanager
def open_engine(weights: Path | None, device: str, precision: str) -> Iterator[Engine]:
    """A Colorizer on one device, or a pool of them on several (`choose_devices` has the names)."""
    devices = choose_devices(device)
    if len(devices) == 1:
        yield Colorizer.load(weights, str(devices[0]), precision)
        return
    with ColorizerPool([str(d) for d in devices], weights, precision) as pool:
        yield pool


def _orders(devices: Sequence[str], weights: Path | None, precision: str) -> list[Order]:
    # The cores are the codecs' while cards compute.
    on_cpu = max(1, joblib.cpu_count() // len(devices))
    level = logging.getLogger("colorize_cli").getEffectiveLevel()
    threads = {device: on_cpu if device == "cpu" else 1 for device in devices}
    return [Order(weights, device, precision, threads[device], level) for device in devices]


def _start(order: Order) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ends = [context.Pipe() for _ in range(kind_of(torch.device(order.device)).calls)]
    theirs = [there for _, there in ends]
    process = context.Process(
        target=serve, args=(order, theirs), name=f"colorize {order.device}", daemon=True
    )
    with _signals_held():
        process.start()
    # Only the worker may hold its ends, or its death would not close them.
    for pipe in theirs:
        pipe.close()
    return _Worker(order.device, process, [here for here, _ in ends])


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Processes that are started inside never hear the signals to stop; for us they wait outside.

    A worker that ignores them by itself can do so only seconds after its start, when torch is loaded.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # if it were started inside, it would let the signals through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hello(worker: _Worker) -> Hello:
    try:
        answer: Hello | Exception = worker.pipes[0].recv()
    except (EOFError, OSError):
        raise DeviceError(_ending(worker)) from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _ending(worker: _Worker) -> str:
    worker.process.join(_PATIENCE)
    code = worker.process.exitcode
    if code is None:
        how = "does not answer any more"
    else:
        how = f"has ended ({signal.Signals(-code).name if code < 0 else f'code {code}'})"
    return (
        f"{worker.device}: its worker process {how}, perhaps for want of memory. Run the same command "
        "again, or leave this device out."
    )
