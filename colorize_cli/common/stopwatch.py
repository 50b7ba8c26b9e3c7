"""Where the time of a run goes, by stage, over all threads."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

STAGES = ("read", "view", "model", "colour", "write")


@dataclass
class Stopwatch:
    """Seconds of work by stage; a stage inside another is taken out of it, so that they add up."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _local: threading.local = field(default_factory=threading.local, repr=False)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block as this stage."""
        outer = getattr(self._local, "inner", 0.0)
        self._local.inner, began = 0.0, time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - began
            with self._lock:
                self.seconds[name] += spent - self._local.inner
            self._local.inner = outer + spent

    def each(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """The items, timing as this stage what makes them."""
        waiting = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(waiting)
                except StopIteration:
                    return
            yield item
