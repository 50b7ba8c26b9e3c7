"""What a worker of a cluster does: it opens the engine once and carries out requests."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import joblib
import torch

from colorize_cli.common.allocator import keep_freed_memory
from colorize_cli.common.digests import sha256_of
from colorize_cli.engine.batch_size import default_batch_size
from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.description import EngineDescription
from colorize_cli.errors import ColorizeError, DeviceError, OutputError
from colorize_cli.model.weights_file import default_weights, other_weights
from colorize_cli.run.cluster.desk import ChunkDesk
from colorize_cli.run.cluster.requests import Answer, Colouring, Request
from colorize_cli.run.cluster.shared import Going, Journal, RunMark
from colorize_cli.run.events import EngineFacts, Result
from colorize_cli.run.look import find_look
from colorize_cli.run.pipeline import Pipeline
from colorize_cli.run.plan import Job, Plan

_LIVES = 2  # workers that a photo may end before it is left out

_engines: dict[EngineDescription, Colorizer] = {}  # at most one, for all threads and runs of this process
_opening = threading.Lock()


class _NoWeightsError(Exception):
    """This machine does not have the weights."""


def answer(request: Request, name: str) -> Answer:
    """Carry out a request; whatever goes wrong is in the answer, with the name of this worker."""
    try:
        _require_storage(request)
        engine = _engine(request)
        colouring = request.colouring
        made = _coloured(request, colouring, engine) if colouring else _look(request, engine)
    except _NoWeightsError:
        return Answer(lacks_weights=True)
    except ColorizeError as error:
        return Answer(error=_named(error, name))
    return replace(made, facts=_facts(request, engine), error=made.error and _named(made.error, name))


def _named(error: ColorizeError, name: str) -> ColorizeError:
    return type(error)(f"{name}: {error}")


def _facts(request: Request, engine: Colorizer) -> EngineFacts:
    batch_size = request.settings.batch_size or default_batch_size(engine.device)
    return EngineFacts(engine.info.name, engine.info.sha256, engine.device_name, engine.precision, batch_size)


def _require_storage(request: Request) -> None:
    if RunMark(request.mark).state() is Going.OVER:
        raise OutputError(
            f"{request.mark.parent}: is not seen there, or not by this user. Photos and output have to be on "
            "storage that all machines see under the same path."
        )


def _engine(request: Request) -> Colorizer:
    """The engine of this process; WeightsError for other weights than the client's."""
    with _opening:
        if request.engine not in _engines:
            _engines.clear()
            keep_freed_memory()
            # For good: calls at the same time would set them in turn, and a photo has one thread anyway.
            torch.set_num_threads(1)
            cv2.setNumThreads(1)
            description = replace(request.engine, weights=_weights(request))
            _engines[request.engine] = Colorizer.described(description)
        return _engines[request.engine]


def _weights(request: Request) -> Path:
    """The file with the client's weights: this machine's own, or the copy that was sent."""
    wanted = request.engine
    own = wanted.weights or default_weights()
    try:
        found = sha256_of(own)
    except OSError:
        if request.weights_copy is None:
            raise _NoWeightsError from None
        return request.weights_copy
    if found != wanted.sha256:
        raise other_weights(own, found, wanted.sha256)
    return own


def _threads(engine: Colorizer) -> int:
    """Of a request: a cluster counts cores, so on a CPU one; a card needs its share of them to be fed."""
    if engine.device.type == "cpu":
        return 1
    cores: int = joblib.cpu_count()
    return max(2, cores // max(1, torch.cuda.device_count()))


def _look(request: Request, engine: Colorizer) -> Answer:
    with ThreadPoolExecutor(_threads(engine)) as pool:
        return Answer(look=find_look(list(request.jobs), request.settings, engine, pool))


def _coloured(request: Request, colouring: Colouring, engine: Colorizer) -> Answer:
    mark, desk = RunMark(request.mark), ChunkDesk(request, colouring)
    seconds: Counter[str] = Counter()
    error: ColorizeError | None = None
    try:
        for jobs in _parts(request, desk):
            pipeline = Pipeline(engine, request.settings, Plan(list(jobs)), desk, _threads(engine))
            pipeline.run(desk.end, lambda: mark.state() is not Going.ON)
            seconds.update(pipeline.watch.seconds)
    except (OutputError, DeviceError) as found:
        error = found
    over = mark.state() is Going.OVER
    desk.clear(all_of_them=over)
    return Answer(outcomes=() if over else tuple(desk.outcomes), seconds=dict(seconds), error=error)


def _parts(request: Request, desk: ChunkDesk) -> list[Sequence[Job]]:
    """All photos at once; after a worker has ended over them each alone: the next end has one cause."""
    journal = Journal(request.journal)
    if not journal.read():
        return [request.jobs]
    deaths = journal.deaths()
    for place, job in enumerate(request.jobs):
        if deaths[place] >= _LIVES:
            desk.end(Result(job, failure=_fatal(job)))
    return [[job] for place, job in enumerate(request.jobs) if deaths[place] < _LIVES]


def _fatal(job: Job) -> str:
    return (
        f"{job.source}: has ended {_LIVES} worker processes, perhaps for want of memory; it is left out. "
        "Colour it without --cluster to see why."
    )
