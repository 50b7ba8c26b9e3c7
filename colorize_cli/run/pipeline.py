"""The stages of a run: photos are read, coloured in batches and written, overlapping in bounded memory."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import joblib

from colorize_cli.common.stopwatch import Stopwatch
from colorize_cli.common.threads import one_thread_each
from colorize_cli.engine.batch_size import default_batch_size
from colorize_cli.engine.pale_skin import pale_skin
from colorize_cli.engine.protocol import Engine, Prompt, SampleOptions, Variants
from colorize_cli.engine.task import ViewSizes, variants_of
from colorize_cli.hints.apply import hint_warnings
from colorize_cli.hints.hint import HintResult
from colorize_cli.image.header import pixels_of
from colorize_cli.inputs.naming import InputPhoto
from colorize_cli.output.records import Standing
from colorize_cli.run.bounded_map import bounded_map, guarded
from colorize_cli.run.commit import Delivery, drafting
from colorize_cli.run.desk import Desk, OwnDesk
from colorize_cli.run.events import Result, Summary
from colorize_cli.run.items import ModelInput, ModelOutput
from colorize_cli.run.plan import Job, Plan
from colorize_cli.run.read import read_job
from colorize_cli.run.write import DraftWriter
from colorize_cli.settings import Hinting, RunSettings

# Photos between reading and writing, in pixels: some fifteen scans of 12 megapixels, but of two that
# fill the limit by themselves the second is not begun before the first is written.
_PIXELS_IN_FLIGHT = 200_000_000

Progress = Callable[[Result], None]  # told of every photo that is finished, in whatever way


class Pipeline:
    """The stages of one run of a plan over one engine.

    desk: where a run has been parted, that of the part. workers: threads for photos, by default one a core.
    """

    def __init__(
        self,
        engine: Engine,
        settings: RunSettings,
        plan: Plan,
        desk: Desk | None = None,
        workers: int | None = None,
    ) -> None:
        self.engine, self.settings, self.plan = engine, settings, plan
        self.batch_size = settings.batch_size or default_batch_size(engine.device)
        # cpu_count of joblib knows the limits of containers and affinity, os.cpu_count does not.
        self.workers: int = workers or max(2, joblib.cpu_count())
        # Model calls at a time: on the CPU one in every worker, for each is done by a single thread.
        self.slots = self.workers if self._on_cpu else engine.slots
        self.sizes = ViewSizes.of(engine, settings.detail)
        self.watch = Stopwatch()
        self._desk = desk or OwnDesk(plan, settings, engine)
        self._writer = DraftWriter(settings, engine.info)
        # Pixels between reading and writing; only the thread that drives the stages counts.
        self._in_flight: dict[InputPhoto, int] = {}

    @property
    def threads(self) -> int:
        """Threads that do the work."""
        return self.workers if self._on_cpu else self.workers + self.slots

    @property
    def _on_cpu(self) -> bool:
        return self.engine.device.type == "cpu"

    def run(self, progress: Progress, stopped: Callable[[], bool] = lambda: False) -> Summary:
        """Carry out the plan; once `stopped()` no photo is begun, and those that were are finished.

        Raises OutputError or DeviceError when going on makes no sense.
        """
        plan, began = self.plan, time.monotonic()
        summary = Summary()
        read = guarded(self._read, lambda job: job)
        write = guarded(self._write, lambda item: item.job if isinstance(item, Result) else item.photo.job)
        with self._pools() as (pool, model):
            jobs = self._begin(summary, stopped, pool)
            inputs = bounded_map(pool, read, jobs, self.workers + self.batch_size // 2, self._full)
            outputs = bounded_map(model, self._color, self._batches(inputs), self.slots, self._full)
            items = itertools.chain.from_iterable(outputs)
            for result in bounded_map(pool, write, items, 2 * self.workers, self._full):
                del self._in_flight[result.job.photo]
                summary.add(result)
                progress(result)
        # Only now the last photos are planned.
        summary.already_done += plan.already_done
        summary.already_left_out += plan.already_left_out
        summary.in_the_way = plan.in_the_way
        summary.seconds = time.monotonic() - began
        return summary

    @contextlib.contextmanager
    def _pools(self) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
        """Threads for photos, and those that call the model: on the CPU the same ones, a core to each."""
        with ThreadPoolExecutor(self.workers, "colorize") as pool, one_thread_each():
            if self._on_cpu:
                yield pool, pool
            else:
                with ThreadPoolExecutor(self.slots, "colorize-model") as model:
                    yield pool, model

    def _begin(
        self, summary: Summary, stopped: Callable[[], bool], pool: ThreadPoolExecutor
    ) -> Iterator[Job]:
        for job in self.plan.stream():
            if stopped():
                summary.interrupted = True
                return
            self._desk.begin(job, pool)
            self._in_flight[job.photo] = pixels_of(job.source)
            yield job

    def _full(self) -> bool:
        return sum(self._in_flight.values()) >= _PIXELS_IN_FLIGHT

    def _read(self, job: Job) -> ModelInput | Result:
        return read_job(job, self._desk.notes(job), self.settings, self.sizes, self.watch)

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
        tasks, settings = [item.task for item in batch], self.settings
        options = SampleOptions(settings.variants, settings.seed, settings.diversity, settings.uncertainty)
        with self.watch.stage("model"):
            variants = variants_of(tasks, [self._prompt(item) for item in batch], self.engine, options)
        return list(map(_output, batch, variants))

    def _prompt(self, item: ModelInput) -> Prompt:
        return item.task.prompt(self._desk.look_of(item.job), item.job.group)

    def _write(self, item: ModelOutput | Result) -> Result:
        if isinstance(item, Result):
            return item
        job, scan = item.photo.job, item.photo.task.canvas.photo
        item, hints = self._corrected(item)
        pale = pale_skin(item.fields)
        with self.watch.stage("write"), drafting() as drafts:
            for output in job.outputs:
                drafts.append(self._writer.write(item, output))
            recipe = self.settings.digest(job.format, item.photo.hints, self._desk.look_digest(job))
            weights = self.engine.info.sha256
            self._desk.finish(Delivery(job, tuple(drafts), item.photo.source, recipe, weights, pale))
        warnings = item.photo.kept + self._writer.losses(job, scan)
        warnings += hint_warnings(hints, hard=self.settings.hints is Hinting.HARD)
        return Result(job, tuple(drafts), warnings=warnings, hints=hints, pale_skin=pale)

    def _corrected(self, item: ModelOutput) -> tuple[ModelOutput, tuple[HintResult, ...]]:
        """The photo with its hints met, so far as the settings want it, and how well they are."""
        with self.watch.stage("colour"):
            hard = self.settings.hints is Hinting.HARD
            fields, hints = item.photo.task.corrected(item.fields, hard=hard)
        return replace(item, fields=fields), hints


def _output(photo: ModelInput, variants: Variants) -> ModelOutput:
    """A photo with its variants; numbers are rounded to what differs between devices."""
    numbers = zip(variants.weights[0], variants.log_likelihoods[0], variants.distances[0], strict=True)
    standings = [Standing(round(float(w), 4), round(float(p), 2), round(float(d), 2)) for w, p, d in numbers]
    uncertainty = None if variants.uncertainty is None else variants.uncertainty[0]
    return ModelOutput(photo, variants.fields[0], standings, uncertainty)
