"""The last step: all pictures of a photo appear at once, whole, and noted in the manifest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from colorize_cli.common.atomic import output_errors, temporary_name
from colorize_cli.output.lock import growing_place
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Picture, Source, Standing
from colorize_cli.run.plan import Job, Output


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


@contextlib.contextmanager
def drafting() -> Iterator[list[Draft]]:
    """A list to be filled with drafts; whatever has not been committed at the end is removed."""
    drafts: list[Draft] = []
    try:
        yield drafts
    finally:
        for draft in drafts:
            draft.remove()


def temporary_for(job: Job, output: Output, segment: str = "") -> Path:
    """Where a picture grows: on the disk of its place, or the last step would be a copy.

    segment: of the run's own files, as of `RunSettings.segment`.
    """
    with output_errors(job.folder):
        job.folder.mkdir(parents=True, exist_ok=True)
        return growing_place(job.photo.root, job.folder, segment) / temporary_name(output.path.suffix)


def commit(
    job: Job, drafts: list[Draft], source: Source, recipe: str, weights: str, manifest: Manifest
) -> None:
    """Note the pictures, then give them their names.

    In this order a run that is killed in between leaves a note without a picture, which the next run
    makes again; the other way round it would meet a picture of unknown origin. An older picture goes
    first, or after a kill it would pass for the new one.
    """
    for draft in drafts:
        with output_errors(draft.output.path):
            draft.output.path.unlink(missing_ok=True)
    manifest.append(job.photo.target, source, [d.picture(recipe, weights, source) for d in drafts])
    for draft in drafts:
        with output_errors(draft.output.path):
            draft.temporary.replace(draft.output.path)
