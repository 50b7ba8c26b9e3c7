"""The first stage of a run: a photo is read, or known to be what it was."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from colorize_cli.common.digests import sha256_of
from colorize_cli.common.stopwatch import Stopwatch
from colorize_cli.engine.task import ColourTask, ViewSizes
from colorize_cli.errors import PhotoError
from colorize_cli.hints.hint_file import read_hints
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.already_colour import is_colour
from colorize_cli.image.photo import Photo
from colorize_cli.image.reading import read_photo
from colorize_cli.inputs.naming import InputPhoto
from colorize_cli.output.records import Notes, Source
from colorize_cli.run.events import Result
from colorize_cli.run.items import ModelInput
from colorize_cli.run.plan import Job
from colorize_cli.run.replacing import settled
from colorize_cli.settings import IfColor, RunSettings


def read_job(
    job: Job, notes: Notes, settings: RunSettings, sizes: ViewSizes, watch: Stopwatch
) -> ModelInput | Result:
    """A job's photo for the model, or what became of it: unchanged, or left out, which is noted."""
    source = _source_of(job)
    if job.if_changed and _digest(job) == job.made_of:
        if not job.kinds:
            if not job.noted:
                # With the new date, so that the next run need not read the file.
                notes.append(job.photo.target, replace(source, sha256=job.made_of), left_out=job.left_out)
            return Result(job, unchanged=True)
        job = replace(job, if_changed=())
    job, kept = settled(job, notes, settings.if_exists)
    if not job.outputs:
        return Result(job, unchanged=True, warnings=kept)
    with watch.stage("read"):
        photo = read_page(job.photo, settings)
    source = replace(source, sha256=photo.digest)
    if settings.if_color is IfColor.SKIP and is_colour(photo):
        note = "already in colour"
        notes.append(job.photo.target, source, left_out=note)
        return Result(job, note=note, warnings=photo.warnings + kept)
    return _model_input(job, source, Canvas(photo, watch), settings, sizes, kept)


def read_page(photo: InputPhoto, settings: RunSettings) -> Photo:
    """A photo, or page of one; PhotoError as of `read_photo`."""
    return read_photo(Path(photo.path), max_mpixels=settings.max_mpixels, page=(photo.page or 1) - 1)


def task_of(
    photo: InputPhoto, canvas: Canvas, settings: RunSettings, sizes: ViewSizes
) -> tuple[ColourTask, str]:
    """What is to be done with a photo that was read, and the digest of its hints; PhotoError if bad."""
    height, width = canvas.photo.luma.shape
    found = read_hints([Path(path) for path in photo.hints], width, height)
    wished = found.hints, settings.palette, settings.palette_strength
    return ColourTask(canvas, sizes, *wished, page=photo.page), found.digest


def _model_input(
    job: Job, source: Source, canvas: Canvas, settings: RunSettings, sizes: ViewSizes, kept: tuple[str, ...]
) -> ModelInput:
    with canvas.watch.stage("view"):
        task, hints = task_of(job.photo, canvas, settings, sizes)
    return ModelInput(job, source, task, hints, kept)


def _source_of(job: Job) -> Source:
    """What the manifest keeps of a job's photo, its digest still empty.

    Taken before the photo is read: if it changes meanwhile, the next run sees another date.
    """
    path = os.path.relpath(job.source, job.photo.root)
    try:
        state = job.source.stat()
    except OSError:
        return Source(path, -1, -1, "", job.photo.page)
    return Source(path, state.st_size, state.st_mtime_ns, "", job.photo.page)


def _digest(job: Job) -> str:
    try:
        return sha256_of(job.source)
    except OSError as error:
        reason = error.strerror or error
        raise PhotoError(f"{job.source}: cannot be opened ({reason}); check its permissions") from error
