"""The galleries of output folders, as a command and as a run writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from colorize_cli.errors import NoInputError

if TYPE_CHECKING:
    from rich.console import Console

    from colorize_cli.gallery.building import Gallery
    from colorize_cli.run.events import Event, GalleryEvent


def written_gallery(root: Path, console: Console) -> Gallery:
    """Build and write the gallery of an output folder, with a bar while thumbnails are made."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from colorize_cli.gallery.building import build

    columns = (TextColumn("thumbnails"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        gallery = build(root, lambda total: bar.update(task, total=total), lambda: bar.advance(task))
    gallery.write()
    return gallery


class GalleryListener:
    """Writes the galleries of a run's output folders at its end."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, event: Event) -> Iterator[GalleryEvent]:
        """The page of each folder that has pictures; none after an interruption."""
        from colorize_cli.gallery.building import require_place
        from colorize_cli.run.events import FinishEvent, GalleryEvent, PlanEvent

        if isinstance(event, PlanEvent):  # not only after hours of work
            for root in event.plan.manifests:
                require_place(Path(root))
        if not isinstance(event, FinishEvent) or event.summary.interrupted:
            return
        for root, manifest in event.plan.manifests.items():
            if event.summary.pictures or manifest:
                try:
                    yield GalleryEvent(written_gallery(Path(root), self._console).path)
                except NoInputError as error:
                    yield GalleryEvent(None, str(error))
