"""The run: photos are read, coloured in batches and written, three stages that overlap in bounded memory."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np

from colorize_cli.common.digests import sha256_of
from colorize_cli.common.stopwatch import Stopwatch
from colorize_cli.common.threads import one_thread_each
from colorize_cli.engine.protocol import Engine, Prompt, SampleOptions, Variants
from colorize_cli.errors import PhotoError
from colorize_cli.hints.apply import PhotoHints, hint_warnings
from colorize_cli.hints.hint_file import HintResult, read_hints
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.tone import is_colour
from colorize_cli.image.reading import read_photo
from colorize_cli.image.writing import losses
from colorize_cli.inputs.naming import InputPhoto
from colorize_cli.model.variants.steering import Wish
from colorize_cli.output.manifest import Standing
from colorize_cli.run.bounded_map import bounded_map, guarded
from colorize_cli.run.commit import deliver, source_of, staging
from colorize_cli.run.items import ModelInput, ModelOutput
from colorize_cli.run.plan import Job, Plan
from colorize_cli.run.results import Result, Summary
from colorize_cli.run.series import SeriesLooks
from colorize_cli.run.write import Painter
from colorize_cli.settings import Hinting, IfColor, RunSettings

# Photos between reading and writing, in pixels: some fifteen scans of 12 megapixels, but of two that
# fill the limit by themselves the second is not begun before the first is written.
_PIXELS_IN_FLIGHT = 200_000_000
# Before a photo is read its pixels are guessed from the size of its file; few files hold more.
_PIXELS_PER_BYTE = {".jpg": 4, ".jpeg": 4, ".jfif": 4, ".webp": 8, ".avif": 12, ".jp2": 8, ".heic": 12}

Progress = Callable[[Result], None]  # told of every photo that is finished, in whatever way


def default_batch_size(device: str) -> int:
    """Photos to a model call by kind of device ("cpu", "cuda", "mps")."""
    # Beyond four photos the activations leave a core's cache: 8.4 ms a photo in the backbone, 13 of sixteen.
    return 4 if device == "cpu" else 32


class Pipeline:
    """One run's stages over one engine."""

    def __init__(self, colorizer: Engine, settings: RunSettings) -> None:
        self.colorizer, self.settings = colorizer, settings
        self.batch_size = settings.batch_size or default_batch_size(colorizer.device.type)
        # cpu_count of joblib knows the limits of containers and affinity, os.cpu_count does not.
        self.workers: int = max(2, joblib.cpu_count())
        # Model calls at a time: on the CPU one in every worker, for each is done by a single thread.
        self.slots = self.workers if colorizer.device.type == "cpu" else colorizer.slots
        self.watch = Stopwatch()
        self._looks = SeriesLooks(Plan(), settings, colorizer)
        self._painter = Painter(settings, colorizer.info)
        # Guesses of pixels between reading and writing; only the thread that drives the stages counts.
        self._in_flight: dict[InputPhoto, int] = {}

    def run(self, plan: Plan, progress: Progress, stopped: Callable[[], bool] = lambda: False) -> Summary:
        """Carry out the plan; once `stopped()` no photo is begun, and those that were are finished.

        Raises OutputError or DeviceError when going on makes no sense.
        """
        summary = Summary(already_done=plan.already_done, already_left_out=plan.already_left_out)
        began = time.monotonic()

        def write_out(item: ModelOutput | Result) -> Result:
            return self._write(item, plan)

        read = guarded(lambda job: self._read(job, plan), lambda job: job)
        write = guarded(write_out, lambda item: item.job)
        self._looks = SeriesLooks(plan, self.settings, self.colorizer)
        with self._pools() as (pool, model):
            jobs = self._begin(plan, summary, stopped, pool)
            loaded = bounded_map(pool, read, jobs, self.workers + self.batch_size // 2, self._full)
            coloured = bounded_map(model, self._color, self._batches(loaded), self.slots, self._full)
            items = itertools.chain.from_iterable(coloured)
            for result in bounded_map(pool, write, items, 2 * self.workers, self._full):
                del self._in_flight[result.job.photo]
                summary.add(result)
                progress(result)
        summary.seconds = time.monotonic() - began
        return summary

    @property
    def threads(self) -> int:
        """Threads that do the work."""
        on_cpu = self.colorizer.device.type == "cpu"
        return self.workers if on_cpu else self.workers + self.slots

    @contextlib.contextmanager
    def _pools(self) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
        """Threads for photos, and those that call the model: on the CPU the same ones, a core to each."""
        with ThreadPoolExecutor(self.workers, "colorize") as pool, one_thread_each():
            if self.colorizer.device.type == "cpu":
                yield pool, pool
            else:
                with ThreadPoolExecutor(self.slots, "colorize-model") as model:
                    yield pool, model

    def _begin(
        self, plan: Plan, summary: Summary, stopped: Callable[[], bool], pool: ThreadPoolExecutor
    ) -> Iterator[Job]:
        for job in plan.jobs:
            if stopped():
                summary.interrupted = True
                return
            self._looks.meet(job, pool)
            self._in_flight[job.photo] = _guessed_pixels(job.source)
            yield job

    def _full(self) -> bool:
        return sum(self._in_flight.values()) >= _PIXELS_IN_FLIGHT

    def _read(self, job: Job, plan: Plan) -> ModelInput | Result:
        source, manifest = source_of(job), plan.manifest_of(job)
        if job.if_changed and _digest(job) == job.made_of:
            if not job.variants:
                if not job.noted:
                    # With the new date, so that the next run need not read the file.
                    same = replace(source, sha256=job.made_of)
                    manifest.append(job.photo.target, same, left_out=job.left_out)
                return Result(job, unchanged=True)
            job = replace(job, if_changed=())
        page = 0 if job.photo.page is None else job.photo.page - 1
        with self.watch.stage("read"):
            photo = read_photo(job.source, max_mpixels=self.settings.max_mpixels, page=page)
        source = replace(source, sha256=photo.digest)
        if self.settings.if_color is IfColor.SKIP and is_colour(photo):
            note = "already in colour"
            manifest.append(job.photo.target, source, left_out=note)
            return Result(job, note=note, warnings=photo.warnings)
        canvas = Canvas(photo, self.watch)
        with self.watch.stage("view"):
            hinted, hints = _hints(job, canvas)
            view = canvas.view(self.colorizer.view_size)
        return ModelInput(job, source, canvas, view, hinted, hints)

    def _batches(self, items: Iterable[ModelInput | Result]) -> Iterator[list[ModelInput] | Result]:
        """Photos in batches; a Result passes at once, or a folder without work would show no progress."""
        batch: list[ModelInput] = []
        for item in items:
            if isinstance(item, Result):
                yield item
                continue
            batch.append(item)
            if len(batch) >= self.batch_size or self._full():
                yield batch
                batch = []
        if batch:
            yield batch

    def _color(self, batch: list[ModelInput] | Result) -> list[ModelOutput | Result]:
        if isinstance(batch, Result):
            return [batch]
        views = np.stack([item.view for item in batch])
        settings = self.settings
        asked = SampleOptions(settings.variants, settings.seed, settings.diversity, settings.uncertainty)
        with self.watch.stage("model"):
            made = self.colorizer.variants(views, [self._prompt(item) for item in batch], asked)
        return [
            ModelOutput(
                item.job,
                item.source,
                item.canvas,
                made.fields[i],
                _standings(made, i),
                None if made.uncertainty is None else made.uncertainty[i],
                item.hinted,
                item.hints,
            )
            for i, item in enumerate(batch)
        ]

    def _prompt(self, item: ModelInput) -> Prompt:
        look, group = self._looks.look_of(item.job), self._looks.group_of(item.job)
        return Prompt(_key(item) if look is None else f"group:{group}", self._wish(item), look)

    def _wish(self, item: ModelInput) -> Wish:
        palette = self.settings.palette
        return Wish(
            item.hinted.spots if item.hinted else (),
            palette.colours if palette else (),
            self.settings.palette_strength,
        )

    def _write(self, item: ModelOutput | Result, plan: Plan) -> Result:
        if isinstance(item, Result):
            return item
        job, photo, settings = item.job, item.canvas.photo, self.settings
        item, told = self._touched(item)
        with self.watch.stage("write"), staging() as staged:
            for output in job.outputs():
                staged.append(self._painter.stage(item, output))
            recipe = settings.recipe(job.format, item.hints, self._looks.digest_of(job))
            weights = self.colorizer.info.sha256
            deliver(job, staged, item.source, recipe, weights, plan.manifest_of(job))
        lost = losses(photo, self._painter.encoding(job))
        unmet = hint_warnings(told, settings.hints)
        group = self._looks.group_of(job)
        return Result(job, tuple(staged), warnings=photo.warnings + lost + unmet, hints=told, group=group)

    def _touched(self, item: ModelOutput) -> tuple[ModelOutput, tuple[HintResult, ...]]:
        """The photo with its hints met, so far as the settings want it, and how well they are."""
        hinted = item.hinted
        if hinted is None:
            return item, ()
        with self.watch.stage("colour"):
            touched = hinted.corrected(item.fields, hard=self.settings.hints is Hinting.HARD)
        return replace(item, fields=touched.fields), hinted.results(touched)


def _hints(job: Job, canvas: Canvas) -> tuple[PhotoHints | None, str]:
    """A photo's hints and the digest of their files, which may hold none."""
    height, width = canvas.photo.luma.shape
    found = read_hints([Path(path) for path in job.photo.hints], width, height)
    return PhotoHints(found.hints, canvas) if found.hints else None, found.digest


def _standings(made: Variants, photo: int) -> list[Standing]:
    """Of a photo's variants, rounded to what differs from device to device."""
    numbers = zip(made.weights[photo], made.log_likelihoods[photo], made.distances[photo], strict=True)
    return [Standing(round(float(w), 4), round(float(p), 2), round(float(d), 2)) for w, p, d in numbers]


def _key(item: ModelInput) -> str:
    """What a photo's noise depends on: its content, which for a page is file and number."""
    page = item.job.photo.page
    digest = item.canvas.photo.digest
    return digest if page is None else f"{digest}:{page}"


def _guessed_pixels(path: Path) -> int:
    try:
        return path.stat().st_size * _PIXELS_PER_BYTE.get(path.suffix.lower(), 1)
    except OSError:
        return 0


def _digest(job: Job) -> str:
    try:
        return sha256_of(job.source)
    except OSError as error:
        reason = error.strerror or error
        raise PhotoError(f"{job.source}: cannot be opened ({reason}); check its permissions") from error
