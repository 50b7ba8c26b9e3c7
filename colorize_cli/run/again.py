"""One photo of an output folder coloured anew: a run over it alone, with the settings of the last run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from colorize_cli.errors import OutputError, PhotoError, UsageError
from colorize_cli.output.records import Entry
from colorize_cli.run.engines import KeptEngine
from colorize_cli.run.events import Event, PlanEvent, Result, StartEvent
from colorize_cli.run.last_settings import LikeLast, last_settings, scan_of
from colorize_cli.run.plan import Plan
from colorize_cli.run.run import run
from colorize_cli.settings import IfColor, IfExists, RunSettings

Tell = Callable[[str], None]


class Again:
    """Colours photos of an output folder anew; the network is loaded for the first one, and kept.

    usual: the settings of a run that was told nothing; typed: those that were asked for by name, which count
    more than what the last run had.
    """

    def __init__(self, root: Path, usual: RunSettings, typed: Mapping[str, Any] | None = None) -> None:
        self._root, self.usual, self.typed = root, usual, dict(typed or {})
        self._engines = KeptEngine()

    def close(self) -> None:
        """Let go of the network."""
        self._engines.__exit__(None, None, None)

    def about(self, entry: Entry) -> str:
        """What it would be coloured with; ColorizeError if the weights are not there."""
        return self._settings(entry).said

    def colour(self, entry: Entry, tell: Tell) -> tuple[str, ...]:
        """Colour it; sentences that say what became of it.

        PhotoError if it fails, else ColorizeError as of `run`.
        """
        if entry.pick is not None:
            raise PhotoError(f"It was picked; take that back first: colorize pick {self._root} --undo")
        settings = self._alone(entry, self._settings(entry).settings)
        listener = _Listener(entry, tell)
        run(settings, listener, engines=self._engines)
        return listener.said()

    def _settings(self, entry: Entry) -> LikeLast:
        return last_settings(self._root, entry, self.usual, self.typed)

    def _alone(self, entry: Entry, settings: RunSettings) -> RunSettings:
        """The settings of a run over this photo, whose pictures keep their places."""
        scan = scan_of(self._root, entry)
        return replace(
            settings,
            paths=(scan,),
            output=self._root,
            base=_base(scan, os.path.dirname(entry.target)),  # noqa: PTH120
            pages=() if entry.source.page is None else (entry.source.page,),
            files_from=None,
            include=(),
            exclude=(),
            ready=None,
            shard=None,
            cluster=None,
            signing=None,
            batch_size=1,
            if_exists=IfExists.SKIP,
            if_color=IfColor.COLORIZE,  # it was
            profile=False,
        )


class _Listener:
    """What happens in a run over one photo, in words."""

    def __init__(self, entry: Entry, tell: Tell) -> None:
        self._entry, self._tell = entry, tell
        self._plan = Plan()
        self._result: Result | None = None

    def __call__(self, event: Event) -> None:
        """Stop what would be about something else; tell what goes on."""
        match event:
            case PlanEvent():
                self._plan = event.plan
                self._require_the_same()
                self._tell("The network is being loaded …")
            case StartEvent(engine=engine) if engine is not None:
                self._tell(f"Colouring on {engine.device} …")
            case Result():
                self._result = event

    def said(self) -> tuple[str, ...]:
        """What became of the photo; PhotoError if it failed."""
        result = self._result
        if result is None:
            if self._plan.foreign:
                raise OutputError(f"{self._plan.foreign[0]} is in the way and not ours; move it away.")
            return ("Nothing to do: its pictures were made with these hints.",)
        if result.failure is not None:
            raise PhotoError(result.failure)
        if result.note is not None:
            return (f"Left out: {result.note}.", *result.warnings)
        count = len(result.pictures)
        made = f"{count} {'picture was' if count == 1 else 'pictures were'} made anew."
        return (made if count else "No picture was made anew.", *result.warnings)

    def _require_the_same(self) -> None:
        for job in self._plan.ahead:
            if job.photo.target != self._entry.target:
                raise UsageError(
                    f"{job.source} would get new pictures called {job.photo.target} instead of those called "
                    f"{self._entry.target}. Run colorize over its folder as before; the hints are used there."
                )
            stores = self._plan.look_stores
            if job.group is not None and stores[job.photo.root].get(job.group) is None:
                raise UsageError(
                    f"The look of its group {job.group} is not known here. Run colorize --group over the "
                    "folder as before; the hints are used there."
                )


def _base(scan: Path, place: str) -> Path:
    """The folder below which the scan has the place that its pictures have; its own where there is none."""
    folder = Path(os.path.abspath(scan.parent))  # noqa: PTH100
    parts = Path(place).parts
    if not parts or folder.parts[-len(parts) :] != parts:
        return folder
    return Path(*folder.parts[: -len(parts)])
