"""A run over a folder in a store: some photos after others are fetched, coloured by a run, and put back."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from colorize_cli.common.signals import Interruption
from colorize_cli.common.store import Store, StoredObject
from colorize_cli.errors import ColorizeError, ExitCode, NoInputError, UsageError
from colorize_cli.image.formats import Format
from colorize_cli.inputs.store_groups import StoreGroup, chunks_of, groups_of, key_of
from colorize_cli.inputs.walk import Selection
from colorize_cli.model.weights_file import weights_digest
from colorize_cli.output.store_notes import StoreNotes, manifest_since, new_run, put_manifest
from colorize_cli.run import events
from colorize_cli.run.engines import KeptEngine
from colorize_cli.run.plan import Plan
from colorize_cli.run.run import run
from colorize_cli.run.store_mirror import StoreMirror, at_a_time
from colorize_cli.settings import IfExists, RunSettings

# Of photos and pictures on this computer at a time; new pictures come on top of it.
_PHOTOS, _BYTES = 64, 500_000_000


def require_possible(settings: RunSettings) -> None:
    """UsageError for what does not hold on a store."""
    refused = {
        "--group": (settings.group is not None, "the photos of a group are needed all at once"),
        "--if-exists error": (
            settings.if_exists is IfExists.ERROR,
            "it promises to look before anything is made, and a store is listed folder by folder",
        ),
        "--keep-times": (settings.keep_times, "a store dates its objects itself"),
        "--files-from": (settings.files_from is not None, "name the folder, and photos by --include"),
        "--follow-symlinks": (settings.follow_symlinks, "a store has no links"),
    }
    for flag, (given, reason) in refused.items():
        if given:
            raise UsageError(f"{flag} does not work on a store: {reason}.")


@dataclass(frozen=True)
class StorePlaces:
    """Where photos come from and pictures go to, and a folder of this computer for some of them at a time."""

    source: Store
    target: Store
    scratch: Path


def run_on_stores(
    settings: RunSettings, places: StorePlaces, say: Callable[[str], None], *listeners: events.Listener
) -> ExitCode:
    """Colour a folder of a store with everything below it; what is told names files below `scratch`.

    ColorizeError, as of a run, where going on makes no sense.
    """
    require_possible(settings)
    places.source.require()
    began = time.monotonic()

    def stop() -> None:
        say("Stopping: photos that were begun are finished first. Ctrl-C again stops at once.")

    with Interruption(stop) as interruption, KeptEngine() as engines:
        stream = events.EventStream(listeners)
        work = _StoreRun(settings, places, engines, say, stream, lambda: interruption.asked)
        for place, photos in work.folders():
            work.folder(place, photos)
            if interruption.asked:
                break
        summary = replace(work.summary, seconds=time.monotonic() - began, interrupted=interruption.asked)
    if work.nothing:
        raise NoInputError(f"No photos found in {places.source.address}.")
    code = _exit_code(summary, work.unreadable)
    work.stream.tell(events.EndEvent(summary, code))
    return code


class _StoreRun:
    def __init__(
        self,
        settings: RunSettings,
        places: StorePlaces,
        engines: KeptEngine,
        say: Callable[[str], None],
        stream: events.EventStream,
        stopped: Callable[[], bool],
    ) -> None:
        self.stopped = stopped
        self._settings, self._engines, self._say, self.stream = settings, engines, say, stream
        self._source, self._target, self._scratch = places.source, places.target, places.scratch
        self._decisive = _digest(settings, weights_digest(settings.weights))
        self._run, self._said = new_run(), False
        self.summary, self.unreadable = events.Summary(), 0

    @property
    def nothing(self) -> bool:
        """Whether no photo was met, and nobody stopped it before."""
        found = self.summary
        counts = (found.photos, found.failed, found.left_out, found.already_done, found.already_left_out)
        return not any(counts) and not self.unreadable and not self.stopped()

    def folders(self, place: str = "") -> Iterator[tuple[str, list[StoredObject]]]:
        """The folders of the source, and their objects; not hidden ones, and not the target."""
        try:
            objects, below = self._source.listing(place)
        except ColorizeError as error:
            self._fail(str(error))
            return
        yield place, objects
        for name in below:
            inner = f"{place}/{name}" if place else name
            if not name.startswith(".") and not self._is_target(inner):
                yield from self.folders(inner)

    def folder(self, place: str, photos: list[StoredObject]) -> None:
        """What is left to do in one of them."""
        there = self._target.listing(place)[0]
        groups = groups_of(photos, there)
        if not groups:
            return
        notes = StoreNotes(self._target, place, self._run, key_of)
        left = [group for group in groups if not self._known(group, notes)]
        for chunk in chunks_of(left, _PHOTOS, _BYTES):
            if self.stopped():
                break
            mirror = StoreMirror(self._scratch, self._source, self._target, place)
            try:
                self._chunk(chunk, mirror, notes)
            finally:
                mirror.close()
        notes.close()

    def _known(self, group: StoreGroup, notes: StoreNotes) -> bool:
        known = self._settings.trust_mtime and self._settings.if_exists is not IfExists.OVERWRITE
        known = known and group.digest(self._decisive) in notes.finished
        self.summary.already_done += group.count if known else 0
        return known

    def _chunk(self, chunk: list[StoreGroup], mirror: StoreMirror, notes: StoreNotes) -> None:
        failed = mirror.fill(chunk, self._settings, self._fail)
        lines = notes.lines(group.key for group in chunk)
        put_manifest(mirror.outputs, lines)
        results, code = self._coloured(mirror)
        failed |= {key_of(result.job.source.name) for result in results if result.failure is not None}
        pictures = list(mirror.changed())
        taken = self._taken(chunk, pictures, mirror)
        failed |= {key_of(path.name) for path in taken}
        finished = (
            [] if code is ExitCode.INTERRUPTED else [group for group in chunk if group.key not in failed]
        )
        digests = [
            replace(group, pictures=mirror.pictures_of(group)).digest(self._decisive) for group in finished
        ]
        # As in a folder: a note without its picture is made again, a picture without a note would be foreign.
        notes.add(manifest_since(mirror.outputs, lines), digests)
        free = [path for path in pictures if path not in taken]
        at_a_time(lambda path: self._target.put(path, mirror.in_store(path)), free)
        for result in results:
            self._tell(result, taken)

    def _coloured(self, mirror: StoreMirror) -> tuple[list[events.Result], ExitCode]:
        results: list[events.Result] = []

        def note(event: events.Event) -> None:
            match event:
                case events.Result():
                    results.append(event)
                case events.StartEvent(engine=engine) if engine is not None and not self._said:
                    self._said = True
                    about = f"{engine.weights} ({engine.sha256[:12]}), device {engine.device}"
                    self._say(f"Weights {about} in {engine.precision}.")
                case events.EndEvent():
                    self.summary.already_done += event.summary.already_done
                    self.summary.already_left_out += event.summary.already_left_out

        try:
            return results, run(mirror.settings(self._settings), note, engines=self._engines)
        except NoInputError:
            return results, ExitCode.OK  # all are excluded, or could not be fetched

    def _taken(self, chunk: list[StoreGroup], pictures: list[Path], mirror: StoreMirror) -> set[Path]:
        """Pictures in whose place something else is than when the folder was listed."""
        listed = {found.name: found for group in chunk for found in group.pictures}
        found = at_a_time(lambda path: self._target.look(mirror.in_store(path)), pictures)
        taken = set()
        for path, now in zip(pictures, found, strict=True):
            then = listed.get(path.name)
            if now is not None and (then is None or (now.size, now.etag) != (then.size, then.etag)):
                taken.add(path)
        return taken

    def _tell(self, result: events.Result, taken: set[Path]) -> None:
        """Only when pictures are where they belong does anybody hear of a photo."""
        for picture in result.pictures:
            if picture.output.path in taken:
                failure = f"{picture.output.path}: was changed while the run went on; it stays as it is"
                result = events.Result(result.job, failure=failure)
                break
        if result.status != "unchanged":  # the run's own summary has counted those
            self.summary.add(result)
        self.stream.tell(result)

    def _fail(self, text: str) -> None:
        self.unreadable += 1
        self.stream.tell(events.SelectionEvent(Plan(selection=Selection(unreadable=[text]))))

    def _is_target(self, place: str) -> bool:
        here = (self._source.protocol, f"{self._source.root}/{place}")
        return here == (self._target.protocol, self._target.root)


def _digest(settings: RunSettings, weights: str) -> str:
    """Of everything but the photos that decides which pictures there are to be."""
    recipes = [settings.digest(kind, "hints") for kind in Format]
    chosen = [settings.format, settings.outputs, settings.pages, settings.include, settings.exclude]
    how = [settings.if_exists, settings.if_color, settings.max_mpixels, weights]
    return hashlib.sha256(json.dumps([recipes, chosen, how]).encode()).hexdigest()


def _exit_code(summary: events.Summary, unreadable: int) -> ExitCode:
    if summary.interrupted:
        return ExitCode.INTERRUPTED
    useful = summary.photos or summary.already_done or summary.left_out or summary.already_left_out
    if not useful:
        return ExitCode.NO_USABLE_INPUT
    return ExitCode.SOME_INPUTS_FAILED if summary.failed or unreadable else ExitCode.OK
