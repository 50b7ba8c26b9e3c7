"""Waiting for something to happen in a folder."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path


class Bell:
    """Ends a wait; it may be rung from other threads and from signal handlers, where an Event could hang."""

    def __init__(self) -> None:
        self._rung: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        """End the wait that goes on, or the next one."""
        self._rung.put(None)

    def wait(self, most: float, least: float, stopped: Callable[[], bool]) -> None:
        """Wait so many seconds, fewer if it is rung; in any case `least`, unless `stopped()`."""
        began, until = time.monotonic(), max(most, least)
        while not stopped() and (left := began + until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                self._rung.get(timeout=left)
                until = least


@contextlib.contextmanager
def ringing(bell: Bell, folder: Path) -> Iterator[bool]:
    """Ring at every change in the folder and below; False where the system cannot tell, or without watchdog.

    No system tells of what another computer writes to a network drive.
    """
    try:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer
    except ImportError:
        yield False
        return

    class Handler(FileSystemEventHandler):
        """Hears of what was written, not of what was only opened: runs open everything."""

        def on_any_event(self, event: FileSystemEvent) -> None:
            if event.event_type in ("created", "modified", "moved", "closed"):
                bell.ring()

    observer = Observer()
    observer.schedule(Handler(), str(folder), recursive=True)
    try:
        observer.start()
    except OSError:  # more folders than the system watches
        yield False
        return
    try:
        yield True
    finally:
        observer.stop()
        observer.join()
