"""The run: photos are read, coloured in batches and written, three stages that overlap in bounded memory."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import joblib
import numpy as np
from numpy.typing import NDArray

from colorize_cli import __version__
from colorize_cli.engine import Colorizer
from colorize_cli.errors import DeviceError, OutputError, PhotoError
from colorize_cli.image import (
    Photo,
    Provenance,
    encode_picture,
    is_colour,
    losses,
    read_photo,
    view,
    write_atomic,
)
from colorize_cli.planning import Job, Plan
from colorize_cli.settings import IfColor, RunSettings

log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")

# A batch is closed early at this many pixels: sixteen 12-megapixel scans wait in 200 MB.
_BATCH_PIXELS = 200_000_000


@dataclass(frozen=True)
class Result:
    """What became of one photo: written outputs, or the reason why there are none."""

    job: Job
    written: int = 0
    failure: str | None = None
    note: str | None = None  # left out on purpose
    warnings: tuple[str, ...] = ()


@dataclass
class Summary:
    """Counts and failures of a run."""

    photos: int = 0
    pictures: int = 0
    already_done: int = 0
    seconds: float = 0.0
    left_out: list[Result] = field(default_factory=list)
    failures: list[Result] = field(default_factory=list)
    warned: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count one photo."""
        if result.warnings:
            self.warned.append(result)
        if result.failure is not None:
            self.failures.append(result)
        elif result.note is not None:
            self.left_out.append(result)
        else:
            self.photos += 1
            self.pictures += result.written


Progress = Callable[[Result], None]  # told of every photo that is finished, in whatever way


@dataclass(frozen=True)
class _Loaded:
    job: Job
    photo: Photo
    view: NDArray[np.float32]


@dataclass(frozen=True)
class _Coloured:
    job: Job
    photo: Photo
    fields: NDArray[np.float32]  # (n,2,f,f) in CIELAB units


def bounded_map(
    pool: ThreadPoolExecutor, function: Callable[[T], R], items: Iterable[T], ahead: int
) -> Iterator[R]:
    """`function` of every item in order, computed by `pool`, with at most `ahead` results not yet taken."""
    pending: deque[Future[R]] = deque()
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def guarded(function: Callable[[T], R | Result], job_of: Callable[[T], Job]) -> Callable[[T], R | Result]:
    """The per-file boundary: whatever goes wrong with one photo becomes its Result, and the run goes on.

    OutputError and DeviceError pass: a full disk or a lost device meets every further photo too.
    """

    def run(item: T) -> R | Result:
        try:
            return function(item)
        except PhotoError as error:
            return Result(job_of(item), failure=str(error))
        except (OutputError, DeviceError):
            raise
        except Exception as error:
            source = job_of(item).source
            log.debug("unexpected error with %s", source, exc_info=True)
            kind = type(error).__name__
            return Result(job_of(item), failure=f"{source}: unexpected {kind}: {error}")

    return run


def default_batch_size(device: str) -> int:
    """Photos to a model call by kind of device ("cpu", "cuda", "mps")."""
    return 8 if device == "cpu" else 32


class Pipeline:
    """One run's stages over one engine."""

    def __init__(self, colorizer: Colorizer, settings: RunSettings) -> None:
        self.colorizer, self.settings = colorizer, settings
        self.batch_size = settings.batch_size or default_batch_size(colorizer.device.type)
        # cpu_count of joblib knows the limits of containers and affinity, os.cpu_count does not.
        self.workers = max(2, joblib.cpu_count())

    def run(self, plan: Plan, progress: Progress) -> Summary:
        """Carry out the plan; raises OutputError or DeviceError when going on makes no sense."""
        summary = Summary(already_done=plan.already_done)
        began = time.monotonic()
        read = guarded(self._read, lambda job: job)
        write = guarded(self._write, lambda item: item.job)
        with ThreadPoolExecutor(self.workers, thread_name_prefix="colorize") as pool:
            loaded = bounded_map(pool, read, plan.jobs, self.workers + self.batch_size // 2)
            coloured = self._color(loaded)
            for result in bounded_map(pool, write, coloured, 2 * self.workers):
                summary.add(result)
                progress(result)
        summary.seconds = time.monotonic() - began
        return summary

    def _read(self, job: Job) -> _Loaded | Result:
        photo = read_photo(job.source, max_mpixels=self.settings.max_mpixels)
        if self.settings.if_color is IfColor.SKIP and is_colour(photo):
            return Result(job, note="already in colour", warnings=photo.warnings)
        return _Loaded(job, photo, view(photo.luma, self.colorizer.view_size))

    def _color(self, items: Iterable[_Loaded | Result]) -> Iterator[_Coloured | Result]:
        """Photos in batches; a Result passes at once, or a folder without work would show no progress."""
        batch: list[_Loaded] = []
        for item in items:
            if isinstance(item, Result):
                yield item
                continue
            batch.append(item)
            pixels = sum(loaded.photo.luma.size for loaded in batch)
            if len(batch) >= self.batch_size or pixels >= _BATCH_PIXELS:
                yield from self._color_batch(batch)
                batch = []
        if batch:
            yield from self._color_batch(batch)

    def _color_batch(self, batch: list[_Loaded]) -> Iterator[_Coloured]:
        views = np.stack([item.view for item in batch])
        keys = [item.photo.digest for item in batch]
        fields = self.colorizer.fields(views, keys, self.settings.variants, self.settings.seed)
        for item, part in zip(batch, fields, strict=True):
            yield _Coloured(item.job, item.photo, part)

    def _write(self, item: _Coloured | Result) -> Result:
        if isinstance(item, Result):
            return item
        for output in item.job.outputs:
            ab = item.fields[output.variant - 1]
            provenance = self._provenance(item.photo, output.variant)
            data = encode_picture(item.photo, ab, output.format.value, self.settings.quality, provenance)
            write_atomic(output.path, data)
        lost = losses(item.photo, item.job.outputs[0].format.value)
        return Result(item.job, len(item.job.outputs), warnings=item.photo.warnings + lost)

    def _provenance(self, photo: Photo, variant: int) -> Provenance:
        info = self.colorizer.info
        return Provenance(
            tool_version=__version__,
            weights=info.name,
            weights_sha256=info.sha256,
            seed=self.settings.seed,
            variant=variant,
            source_name=photo.path.name,
            source_sha256=photo.digest,
        )
