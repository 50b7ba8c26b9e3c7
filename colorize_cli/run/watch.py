"""A folder that photos arrive in: a run whenever some of them are whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from colorize_cli.common.signals import Interruption
from colorize_cli.errors import BusyError, ExitCode
from colorize_cli.inputs.arrivals import Arrivals, Look
from colorize_cli.inputs.bell import Bell, ringing
from colorize_cli.run.engines import KeptEngine
from colorize_cli.run.events import Event, Listener, Result
from colorize_cli.run.run import run
from colorize_cli.settings import RunSettings

_LEAST = 0.2  # seconds between two looks
_SHARE = 10  # and a look takes at most about a tenth of the time, however many photos there are

Say = Callable[[str], None]


@dataclass(frozen=True)
class Patience:
    """Seconds: how long a photo has to stay as it is, and how often to look when nothing is heard."""

    settle: float = 5.0
    every: float = 10.0


def watch(settings: RunSettings, patience: Patience, say: Say, *listeners: Listener) -> ExitCode:
    """Colour what is in the one folder of the settings and what arrives there, until a signal to stop.

    Every run is that of the folder command, with all photos that are whole by then. Errors that end a run
    end this, too, but for a folder that somebody else holds for a while. A photo that fails is tried again
    when it has changed, and by the next watch.
    """
    (folder,) = settings.paths
    bell = Bell()

    def stop() -> None:
        say("Stopping: photos that were begun are finished first. Again stops at once.")
        bell.ring()

    with Interruption(stop) as interruption, KeptEngine() as engines, ringing(bell, folder) as hears:
        say(f"Watching {folder}{'' if hears else f', with a look every {patience.every:g} s'}.")
        watching = _Watch(settings, patience.settle, engines, say, listeners)
        while not interruption.asked:
            began = time.monotonic()
            look = watching.arrivals.look()
            least = max(_LEAST, _SHARE * (time.monotonic() - began))
            if look.news:
                watching.colour(look)
            most = patience.every if look.wait is None else min(look.wait, patience.every)
            bell.wait(most, least, lambda: interruption.asked)
    return ExitCode.OK


class _Watch:
    def __init__(
        self,
        settings: RunSettings,
        settle: float,
        engines: KeptEngine,
        say: Say,
        listeners: tuple[Listener, ...],
    ) -> None:
        self.arrivals = Arrivals(settings, settle)
        self._settings, self._engines, self._say = settings, engines, say
        self._listeners = (*listeners, self._note)
        self._failed: set[str] = set()
        self._busy = False

    def colour(self, look: Look) -> None:
        """A run over what is whole; not if somebody holds the folder."""
        self._failed.clear()
        try:
            run(replace(self._settings, ready=look.ready), *self._listeners, engines=self._engines)
        except BusyError as error:
            if not self._busy:
                self._say(f"{error} Trying again until then.")
            self._busy = True
            return
        self._busy = False
        self.arrivals.took(look.ready, self._failed)

    def _note(self, event: Event) -> None:
        if isinstance(event, Result) and event.failure is not None:
            self._failed.add(str(event.job.source))
