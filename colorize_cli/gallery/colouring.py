"""Photos that are to be coloured anew, one after the other, while the gallery is looked at."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from colorize_cli.common.imports import help_with
from colorize_cli.errors import ColorizeError
from colorize_cli.output.records import Entry

log = logging.getLogger(__name__)

WAITING, WORKING, DONE, FAILED = "waiting", "working", "done", "failed"

Tell = Callable[[str], None]


class Colouring(Protocol):
    """Who colours a photo anew, as the run did that made its pictures; nothing is loaded before it has to."""

    def about(self, entry: Entry) -> str:
        """With what; ColorizeError if that is not there."""

    def colour(self, entry: Entry, tell: Tell) -> tuple[str, ...]:
        """Do it, telling how it goes on; sentences about what came of it. ColorizeError if nothing did."""


@dataclass(frozen=True, slots=True)
class Task:
    """A photo, by the target of its pictures, and what is to be said of it."""

    photo: str
    state: str
    said: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether it is not through."""
        return self.state in (WAITING, WORKING)


class Worker:
    """A thread that colours, begun by the first photo; the last task of each photo stays known."""

    def __init__(self, colour: Callable[[str, Tell], tuple[str, ...]]) -> None:
        self._colour = colour
        self._tasks: dict[str, Task] = {}
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.closed = False

    def tasks(self) -> list[Task]:
        """All that there were, in the order in which their photos came first."""
        with self._lock:
            return list(self._tasks.values())

    def is_busy(self, photo: str | None = None) -> bool:
        """Whether a photo, or any, waits or is being coloured."""
        return any(task.busy for task in self.tasks() if photo in (None, task.photo))

    def add(self, photo: str) -> None:
        """Colour a photo that is not busy when those before it are through."""
        self._set(photo, WAITING, ())
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="colorize-anew", daemon=True)
                self._thread.start()
        self._queue.put(photo)

    def close(self) -> None:
        """End after the photo that is being coloured; those that wait are given up."""
        with self._lock:
            self.closed = True
            for task in [task for task in self._tasks.values() if task.state == WAITING]:
                self._tasks[task.photo] = replace(task, state=FAILED)
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def _set(self, photo: str, state: str, said: tuple[str, ...]) -> None:
        with self._lock:
            self._tasks[photo] = Task(photo, state, said)

    def _waits(self, photo: str) -> bool:
        with self._lock:
            return self._tasks[photo].state == WAITING

    def _run(self) -> None:
        while (photo := self._queue.get()) is not None:
            if self._waits(photo):
                self._set(photo, *self._one(photo))

    def _one(self, photo: str) -> tuple[str, tuple[str, ...]]:
        self._set(photo, WORKING, ())
        try:
            return DONE, self._colour(photo, lambda text: self._set(photo, WORKING, (text,)))
        except ColorizeError as error:
            return FAILED, (str(error),)
        except ImportError as error:
            return FAILED, (help_with(error),)
        except Exception as error:
            log.warning("unexpected error", exc_info=True)
            return FAILED, (f"unexpected {type(error).__name__}: {error}",)
