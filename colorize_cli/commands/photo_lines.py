"""A line for each photo, where nobody knows how many there will be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from colorize_cli.common.printing import counted
from colorize_cli.run.events import Event, GalleryEvent, Result, SelectionEvent, StartEvent


class PhotoLines:
    """Tells a person of run after run, each thing once; failures by `fail`, which is not silenced."""

    def __init__(self, say: Callable[[str], None], fail: Callable[[str], None]) -> None:
        self._say, self._fail, self._said = say, fail, set[str]()
        self.photos = self.failed = 0

    def __call__(self, event: Event) -> None:
        """Say what is to be said of an event."""
        match event:
            case SelectionEvent():
                for text in event.plan.selection.unreadable:
                    self._once(f"failed: {text}", self._fail)
                for path in event.plan.selection.strays:
                    self._once(f"{path}: belongs to no photo here, or that has not arrived yet.", self._say)
            case StartEvent(engine=engine) if engine is not None:
                about = f"weights {engine.weights} ({engine.sha256[:12]})"
                self._once(f"With {about}, device {engine.device} in {engine.precision}.", self._say)
            case Result(failure=None):
                self.photos += event.status == "done"
                for line in _lines(event):
                    self._say(line)
            case Result():
                self.failed += 1
                self._fail(f"failed: {event.failure}")
            case GalleryEvent(path=None):
                self._once(f"No gallery: {event.problem}", self._say)

    def _once(self, text: str, say: Callable[[str], None]) -> None:
        if text not in self._said:
            self._said.add(text)
            say(text)


def _lines(result: Result) -> Iterator[str]:
    page = f", page {result.job.photo.page}" if result.job.photo.page else ""
    beside = "".join(f"; warning: {warning}" for warning in result.warnings)
    if result.note is not None:
        yield f"left out: {result.job.source}{page} ({result.note}{beside})"
    elif not result.unchanged:
        yield f"done: {result.job.source}{page} ({counted(len(result.pictures), 'picture')}{beside})"
    elif beside:
        yield f"unchanged: {result.job.source}{page} ({beside.removeprefix('; ')})"
