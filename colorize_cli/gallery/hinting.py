"""Hints that are placed on the served page: what there is, saving them beside the scan, colouring anew."""

from __future__ import annotations

import os
import threading
from typing import Any

from colorize_cli.errors import ColorizeError, PhotoError
from colorize_cli.gallery.colouring import DONE, FAILED, Colouring, Task, Tell, Worker
from colorize_cli.gallery.contents import GalleryPhoto
from colorize_cli.gallery.site import Site
from colorize_cli.hints.sheet import HintSheet, read_sheet, shown_colour, shown_hint, write_sheet

_PICKED = (
    "Its pictures were filed by a pick, and picked photos are not coloured anew. "
    "Take the picks back first: colorize pick {root} --undo"
)
_UNWRITABLE = "{folder}: hints have their place there, and it cannot be written to; check its permissions."
_CLOSED = "The server is being ended. Start it again with colorize gallery --serve."
_BUSY = "It is being coloured just now. Wait until that is done."


class Hinting:
    """Answers the page about hints; a photo is coloured as soon as its hints are saved."""

    def __init__(self, site: Site, colouring: Colouring) -> None:
        self._site, self._colouring = site, colouring
        self._saving = threading.Lock()
        self.worker = Worker(self._colour)

    def of(self, record: Any) -> dict[str, Any]:
        """The hints of a photo, with what it would be coloured, and why it cannot be.

        ValueError if there is no such photo, PhotoError if its hints are not understood.
        """
        photo = self._photo(record)
        about, trouble = self._about(photo)
        return _told(_sheet(photo)) | {"about": about, "trouble": trouble}

    def save(self, record: Any) -> dict[str, Any]:
        """Put hints in the place of those that the page has seen, then colour the photo anew.

        ValueError if they are none, PhotoError if that is not to be done, OutputError if they cannot be
        saved.
        """
        photo, entries, digest = self._photo(record), record.get("hints"), record.get("digest")
        if not isinstance(entries, list) or not isinstance(digest, str):
            raise ValueError("hints need a list, and the digest of those before")
        with self._saving:
            if photo.entry.pick is not None:
                raise PhotoError(_PICKED.format(root=self._site.gallery.root))
            if self.worker.is_busy(photo.entry.target):
                raise PhotoError(_BUSY)
            if self.worker.closed:
                raise PhotoError(_CLOSED)
            sheet = write_sheet(photo.scan, photo.entry.source.page, entries, digest)
            self.worker.add(photo.entry.target)
        return _told(sheet)

    def busy(self) -> list[str]:
        """The photos that wait or are being coloured."""
        return [task.photo for task in self.worker.tasks() if task.busy]

    def progress(self) -> dict[str, Any]:
        """What becomes of the photos whose hints were saved, and those that are done as the page has them."""
        return {"tasks": [self._progress(task) for task in self.worker.tasks()]}

    def _progress(self, task: Task) -> dict[str, Any]:
        found: dict[str, Any] = {"photo": task.photo, "state": task.state, "said": task.said}
        if task.state != DONE:
            return found
        try:
            return found | {"record": self._site.record(task.photo)}
        except ValueError:
            return found | {"state": FAILED, "said": ["Meanwhile it was taken out of the manifest."]}

    def _colour(self, target: str, tell: Tell) -> tuple[str, ...]:
        said = self._colouring.colour(self._site.photo(target).entry, tell)
        tell("The page is being brought up to date …")
        self._site.refresh()
        return said

    def _photo(self, record: Any) -> GalleryPhoto:
        if not isinstance(record, dict) or not isinstance(record.get("photo"), str):
            raise ValueError("hints need the name of their photo")
        self._site.refresh()
        return self._site.photo(record["photo"])

    def _about(self, photo: GalleryPhoto) -> tuple[str, str]:
        if photo.entry.pick is not None:
            return "", _PICKED.format(root=self._site.gallery.root)
        if not os.access(photo.scan.parent, os.W_OK):
            return "", _UNWRITABLE.format(folder=photo.scan.parent)
        try:
            return self._colouring.about(photo.entry), ""
        except ColorizeError as error:
            return "", str(error)


def _sheet(photo: GalleryPhoto) -> HintSheet:
    return read_sheet(photo.scan, photo.entry.source.page)


def _told(sheet: HintSheet) -> dict[str, Any]:
    """A sheet as the page's scripts know it; `shown` is a colour that every browser takes."""
    hints = [entry | {"shown": shown_colour(entry["color"])} for entry in sheet.entries]
    drawn = [
        {"x": hint.x, "y": hint.y, "shown": shown_hint(hint), "label": hint.label} for hint in sheet.drawn
    ]
    return {"hints": hints, "drawn": drawn, "digest": sheet.digest, "file": sheet.path.name}
