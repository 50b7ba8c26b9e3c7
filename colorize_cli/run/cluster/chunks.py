"""A plan in chunks: what one call of a worker takes."""

from __future__ import annotations

from collections.abc import Sequence

from colorize_cli.image.header import pixels_of
from colorize_cli.run.plan import Job

# Some seconds of work: calls cost milliseconds, and a worker that dies loses what it has of a chunk.
_PIXELS = 48_000_000
_PHOTOS = 32


class Chunks:
    """The jobs of a plan in their order, of one output folder and group in each chunk."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs, self._next = jobs, 0

    def __bool__(self) -> bool:
        return self._next < len(self._jobs)

    def take(self, threads: int) -> list[Job]:
        """The next chunk for one of so many threads; the last are small, so that all end together."""
        left = len(self._jobs) - self._next
        most = min(_PHOTOS, max(1, left // (2 * max(1, threads))))
        chunk, pixels = [self._jobs[self._next]], 0
        for job in self._jobs[self._next + 1 : self._next + most]:
            pixels += pixels_of(chunk[-1].source)
            if pixels >= _PIXELS or _kind(job) != _kind(chunk[0]):
                break
            chunk.append(job)
        self._next += len(chunk)
        return chunk


def _kind(job: Job) -> tuple[str, str | None]:
    return job.photo.root, job.group
