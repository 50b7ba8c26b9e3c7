"""An orderly stop: SIGTERM and Ctrl-C are noted, and answered after the current step."""

from __future__ import annotations

import signal
from types import FrameType


class Stopping:
    """Inside `with`, both signals set `asked` and do nothing else, so that no step is lost half-way."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Stopping:
        self._before = {s: signal.signal(s, self._ask) for s in (signal.SIGTERM, signal.SIGINT)}
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
