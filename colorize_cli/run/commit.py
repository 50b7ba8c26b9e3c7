"""The last step: all pictures of a photo appear at once, whole, and noted in the manifest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from colorize_cli.common.atomic import output_errors, temporary_name
from colorize_cli.output.lock import growing_place
from colorize_cli.output.records import Notes, Picture, Source, Standing
from colorize_cli.run.plan import Job, Output
from colorize_cli.run.replacing import require_free, superseded
from colorize_cli.settings import IfExists


@dataclass(frozen=True)
class Draft:
    """A picture that does not have its name yet; size and sha256 are known once it is finished."""

    temporary: Path
    output: Output
    size: int = 0
    sha256: str = ""
    standing: Standing | None = None
    uncertainty: float | None = None

    def picture(self, recipe: str, weights: str, source: Source) -> Picture:
        """What the manifest keeps of it."""
        return Picture(
            self.output.path.name,
            self.output.kind,
            self.size,
            self.sha256,
            recipe,
            weights,
            source.sha256,
            self.standing,
            self.uncertainty,
        )

    def remove(self) -> None:
        """Take the file away if it still has its temporary name."""
        with contextlib.suppress(OSError):
            self.temporary.unlink(missing_ok=True)


@dataclass(frozen=True)
class Delivery:
    """All pictures of a photo, whole but without their names, and what is to be noted of them."""

    job: Job
    drafts: tuple[Draft, ...]
    source: Source
    recipe: str
    weights: str  # sha256
    pale_skin: int | None = None


@contextlib.contextmanager
def drafting() -> Iterator[list[Draft]]:
    """A list to be filled with drafts; if the block fails, those that have no name yet are removed."""
    drafts: list[Draft] = []
    try:
        yield drafts
    except BaseException:
        for draft in drafts:
            draft.remove()
        raise


def temporary_for(job: Job, output: Output, segment: str = "") -> Path:
    """Where a picture grows: on the disk of its place, or the last step would be a copy.

    segment: of the run's own files, as of `RunSettings.segment`.
    """
    with output_errors(job.folder):
        job.folder.mkdir(parents=True, exist_ok=True)
        return growing_place(job.photo.root, job.folder, segment) / temporary_name(output.path.suffix)


def commit(delivery: Delivery, notes: Notes, if_exists: IfExists) -> None:
    """Note the pictures, then give them their names; PhotoError if something has come into their place.

    In this order a run that is killed in between leaves a note without a picture, which the next run
    makes again; the other way round it would meet a picture of unknown origin. An older picture goes
    first, or after a kill it would pass for the new one.
    """
    job, source = delivery.job, delivery.source
    require_free(job, notes, if_exists)
    for path in (*superseded(job, notes), *(draft.output.path for draft in delivery.drafts)):
        with output_errors(path):
            path.unlink(missing_ok=True)
    pictures = [draft.picture(delivery.recipe, delivery.weights, source) for draft in delivery.drafts]
    notes.append(job.photo.target, source, pictures, pale_skin=delivery.pale_skin)
    for draft in delivery.drafts:
        with output_errors(draft.output.path):
            draft.temporary.replace(draft.output.path)
