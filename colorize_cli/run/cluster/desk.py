"""The desk of a worker: what the client knows came with the request, and its pictures go back unnamed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from colorize_cli.inputs.naming import InputPhoto
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.output.records import Entry, Picture, Source
from colorize_cli.run.cluster.requests import Colouring, Note, Outcome, Request
from colorize_cli.run.cluster.shared import Journal
from colorize_cli.run.commit import Delivery
from colorize_cli.run.events import Result
from colorize_cli.run.plan import Job


class _CarriedNotes:
    """Of one photo: the entry that came with it, and what is to be noted."""

    shared = False  # the client has the lock

    def __init__(self, entry: Entry | None) -> None:
        self._entry = entry
        self.new: list[Note] = []

    def entry(self, target: str) -> Entry | None:
        return self._entry

    def refresh(self) -> None:
        pass

    def append(
        self,
        target: str,
        source: Source,
        pictures: list[Picture] | None = None,
        left_out: str | None = None,
        pale_skin: int | None = None,
    ) -> None:
        self.new.append(Note(source, left_out))


class ChunkDesk:
    """A `Desk` for the photos of one request."""

    def __init__(self, request: Request, colouring: Colouring) -> None:
        self._look, self._look_digest = colouring.look, colouring.look_digest
        self._journal = Journal(request.journal)
        self._places = {job.photo: place for place, job in enumerate(request.jobs)}
        pairs = zip(request.jobs, colouring.entries, strict=True)
        self._notes = {job.photo: _CarriedNotes(entry) for job, entry in pairs}
        self._deliveries: dict[InputPhoto, Delivery] = {}
        self.outcomes: list[Outcome] = []

    def begin(self, job: Job, pool: ThreadPoolExecutor) -> None:
        """Put down that a photo may end this process; what its group shares came with the request."""
        self._journal.begun(self._places[job.photo])

    def notes(self, job: Job) -> _CarriedNotes:
        """What the manifest knew of a photo when the request was sent."""
        return self._notes[job.photo]

    def look_of(self, job: Job) -> GroupLook | None:
        """The look of the request's group."""
        return self._look

    def look_digest(self, job: Job) -> str:
        """What recipes say of it."""
        return self._look_digest

    def finish(self, delivery: Delivery) -> None:
        """Keep it for the client, which notes it before the pictures get their names."""
        self._deliveries[delivery.job.photo] = delivery

    def end(self, result: Result) -> None:
        """A photo has its result."""
        photo = result.job.photo
        place, notes = self._places[photo], tuple(self._notes[photo].new)
        self._journal.ended(place)
        self.outcomes.append(Outcome(place, result, self._deliveries.pop(photo, None), notes))

    def clear(self, *, all_of_them: bool) -> None:
        """Remove the pictures that nobody will hear of: those without a result, or all."""
        for delivery in self._deliveries.values():
            _remove(delivery)
        for outcome in self.outcomes if all_of_them else ():
            if outcome.delivery:
                _remove(outcome.delivery)


def _remove(delivery: Delivery) -> None:
    for draft in delivery.drafts:
        draft.remove()
