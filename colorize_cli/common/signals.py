"""Ctrl-C twice: the first lets what was begun be finished, the second ends the run at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from colorize_cli.errors import ExitCode

SIGNALS = [s for s in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)) if s is not None]


class Interruption:
    """While it is entered, signals to stop are noted instead of obeyed; only in the main thread.

    One inside another, as of a run that a watch makes, stops for what the outer one has heard, and tells it.
    """

    def __init__(self, heard: Callable[[], None]) -> None:
        self.asked = False
        self._tell = heard
        self._former: dict[int, Any] = {}

    @property
    def _outer(self) -> Interruption | None:
        owners = (getattr(handler, "__self__", None) for handler in self._former.values())
        return next((owner for owner in owners if isinstance(owner, Interruption)), None)

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._former = {s: signal.signal(s, self._heard) for s in SIGNALS}
            self.asked = self.asked or bool(self._outer and self._outer.asked)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            # No cleaning up: the next run removes what is unfinished, and nobody waits for threads.
            sys.stderr.flush()
            os._exit(int(ExitCode.INTERRUPTED))
        self.asked = True
        if self._outer is not None:
            self._outer.asked = True
            self._outer._tell()
        self._tell()
