"""The manifest of an output folder: what was made from what, as JSON Lines that are only ever appended.

A line stands for one photo and the pictures that a run made of it. Paths are relative to the output
folder, so that a folder can be moved with its photos, and lines of two machines can be put into one file.
The run of a shard has a file of its own beside it. The schema is in docs/archive.md.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any, TypeVar

from colorize_cli.common.atomic import output_errors
from colorize_cli.errors import OutputError
from colorize_cli.output.entries import VERSION, joined, revision_of
from colorize_cli.output.lines import Lines, Place
from colorize_cli.output.own_folder import OwnFolder
from colorize_cli.output.records import Entry, Pick, Picture, Source, number_of
from colorize_cli.output.segments import segment_name

NAME = "manifest"
T = TypeVar("T")
_SYNC_EVERY = 2.0  # seconds of work that a power cut may cost


class Manifest:
    """The manifest of the folder `root`; opened for writing by the first `append`.

    segment: of the run's own file, as of `Shard.segment`.
    """

    def __init__(self, root: str, segment: str = "") -> None:
        self.root, self.shared = root, bool(segment)  # shared: other runs write into the folder, too
        self._folder, self._name = OwnFolder(root), segment_name(NAME, segment)
        self.path = self._folder.path / self._name
        self.damaged: dict[str, int] = {}  # lines that make no sense, of photos that were looked up
        self._writer = -1
        self._lock = threading.Lock()
        self._synced = time.monotonic()
        self._lines = self._opened()

    def __bool__(self) -> bool:
        """Whether some line says something."""
        return bool(self._lines)

    def __contains__(self, target: str) -> bool:
        return bool(self._known(target))

    def entry(self, target: str) -> Entry | None:
        """What is known of the photo whose pictures are named after `target`."""
        found = self._known(target)
        # Runs that knew of each other's lines say so; other lines count in the order of their files.
        records = sorted((record for _, record in found), key=revision_of)
        entry, wrong = joined(target, records)
        if wrong:
            self.damaged[target] = wrong
        return entry

    def made_of(self, path: str, page: int | None = None) -> Iterator[Entry]:
        """What is known of the pictures of a source; `path` as of `Source`."""
        for target in self._read(lambda: self._lines.made_of(path, page)):
            entry = self.entry(target)
            if entry and (entry.source.path, entry.source.page) == (path, page):
                yield entry

    def entries(self) -> Iterator[Entry]:
        """Everything that is known, in the order in which photos came first."""
        for target in self._lines.targets():
            if entry := self.entry(target):
                yield entry

    def refresh(self) -> None:
        """Take note of what others have written since."""
        self._lines = self._opened()

    def append(
        self,
        target: str,
        source: Source,
        pictures: list[Picture] | None = None,
        left_out: str | None = None,
        pale_skin: int | None = None,
    ) -> None:
        """Note a photo; a line is written at once, and whole. OutputError if it cannot be."""
        self._append(self._about(target, source) | _made(pictures or [], left_out) | _pale(pale_skin))

    def append_pick(self, target: str, source: Source, pick: Pick | None) -> None:
        """Note what was chosen, or that it no longer is; OutputError if it cannot be written."""
        self._append(self._about(target, source) | _chosen(pick))

    def append_entry(self, entry: Entry) -> None:
        """Note all that another manifest knows of a photo: a line for pictures that have one in common."""
        lines: dict[tuple[str, str, str], list[Picture]] = {}
        for picture in entry.pictures.values():
            lines.setdefault((picture.source_sha256, picture.recipe, picture.weights), []).append(picture)
        # What the last line says of the source counts.
        old = [(digest, made) for (digest, *_), made in lines.items() if digest != entry.source.sha256]
        now = [made for (digest, *_), made in lines.items() if digest == entry.source.sha256] or [[]]
        records = [
            self._about(entry.target, replace(entry.source, sha256=digest)) | _made(made)
            for digest, made in old
        ]
        records += [self._about(entry.target, entry.source) | _made(made, entry.left_out) for made in now]
        records[-1] |= _pale(entry.pale_skin) | ({} if entry.pick is None else _chosen(entry.pick))
        self._append(*records)

    def save_index(self) -> None:
        """Let the next run read only those lines that it needs; without an index it reads all."""
        with contextlib.suppress(OutputError):  # it is only faster
            if self._writer >= 0:
                self.refresh()
            self._lines.save_index()

    def close(self) -> None:
        """Make sure that all lines are on the disk."""
        with self._lock, output_errors(self.path):
            self._lines.close()
            if self._writer >= 0:
                os.fsync(self._writer)
                os.close(self._writer)
            self._writer = -1

    def _opened(self) -> Lines:
        with output_errors(self.path, "read"):
            return Lines(self._folder, NAME)

    def _known(self, target: str) -> list[tuple[Place, dict[str, Any]]]:
        return self._read(lambda: self._lines.about(target))

    def _read(self, look_up: Callable[[], T]) -> T:
        with output_errors(self.path, "read"):
            try:
                return look_up()
            except OSError as error:
                if error.errno != getattr(errno, "ESTALE", None):
                    raise
            # On a network drive a file that another machine has replaced is gone for those who have it open.
            self.refresh()
            return look_up()

    def _about(self, target: str, source: Source) -> dict[str, Any]:
        """How a record begins: `rev` where it has to count more than what another file says."""
        known, names = self._known(target), self._lines.names
        revs = [revision_of(record) + (names[place.file] != self._name) for place, record in known]
        rev = {"rev": max(revs)} if any(revs) else {}
        return {"v": VERSION, "target": target, "source": asdict(source)} | rev

    def _append(self, *records: dict[str, Any]) -> None:
        lines = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
        with self._lock, output_errors(self.path):
            self._write(lines.encode())

    def _write(self, lines: bytes) -> None:
        if self._writer < 0:
            self._folder.make()
            with contextlib.suppress(
                OutputError
            ):  # a run that is killed has read old lines for the last time
                self._lines.save_index()
            self._writer = self._folder.open(self._name, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        # On a disk that is full a line is torn in the middle of a run, too.
        left = memoryview(_end_of_torn_line(self._writer) + lines)
        while left:
            left = left[os.write(self._writer, left) :]
        if time.monotonic() - self._synced > _SYNC_EVERY:
            os.fsync(self._writer)
            self._synced = time.monotonic()


def _made(pictures: list[Picture], left_out: str | None = None) -> dict[str, Any]:
    """What a record says of pictures of one recipe, or why there are none."""
    found: dict[str, Any] = {}
    if pictures:
        found |= {"recipe": pictures[0].recipe, "weights": pictures[0].weights}
        found["made"] = [picture.written() for picture in pictures]
    return found | ({"left_out": left_out} if left_out else {})


def _pale(spots: int | None) -> dict[str, Any]:
    """Beside the pictures, not in them: older versions take no picture with a field that they do not know."""
    return {} if spots is None else {"pale_skin": spots}


def _chosen(pick: Pick | None) -> dict[str, Any]:
    if pick is None:
        return {"pick": None}
    paths = {number_of(kind): path for kind, path in pick.paths.items()}
    return {"pick": {"variant": pick.variant, "paths": paths}}


def _end_of_torn_line(handle: int) -> bytes:
    """A line break if the last line was never finished."""
    size = os.fstat(handle).st_size
    return b"\n" if size and os.pread(handle, 1, size - 1) != b"\n" else b""
