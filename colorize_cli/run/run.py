"""A run from settings to exit code; whoever wants to know what happens listens."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterable, Iterator

from colorize_cli.common.imports import uncollected
from colorize_cli.common.signals import Interruption
from colorize_cli.errors import ExitCode
from colorize_cli.image.colour import chroma
from colorize_cli.image.formats import Format
from colorize_cli.inputs.walk import output_roots
from colorize_cli.model.weights_file import weights_digest
from colorize_cli.output.last_run import note_last_run
from colorize_cli.output.lock import locked
from colorize_cli.output.review_list import require_place, write_review_list
from colorize_cli.run import events
from colorize_cli.run.engines import Engines, own_engine
from colorize_cli.run.plan import Plan, make_plan
from colorize_cli.settings import IfExists, RunSettings

# Photos: some 28 MB in memory, and with fewer to do, the time that is left can still be told.
_AHEAD = 50_000


def run(settings: RunSettings, *listeners: events.Listener, engines: Engines = own_engine) -> ExitCode:
    """Colour what the settings name; errors that end a run are raised as of `errors`.

    engines: opens the engine, if there is something to colour.
    """
    weights = weights_digest(settings.weights)
    with (
        locked(output_roots(settings), settings.segment),
        contextlib.closing(make_plan(settings, weights, _ahead(settings))) as plan,
    ):
        lists = [_review_lists] if settings.uncertainty else []
        stream = events.EventStream([_SettingsNote(), *lists, *listeners])
        stream.tell(events.PlanEvent(plan))
        if known := plan.complete:
            stream.tell(events.SelectionEvent(plan))
        if plan.ahead:
            finished = _color(plan, settings, weights, stream, engines)
        else:
            finished = _nothing_to_do(plan, settings, stream)
        if not known:
            stream.tell(events.SelectionEvent(plan))
        stream.tell(finished)
        code = _exit_code(plan, finished.summary)
        stream.tell(events.EndEvent(finished.summary, code))
        return code


def _ahead(settings: RunSettings) -> int | None:
    """How many photos are planned before the first is coloured; None for all.

    Looks of groups are found in all of their photos, who wants to hear of files in the way, before, and a
    cluster is given chunks of the whole.
    """
    whole = settings.group is not None or settings.if_exists is IfExists.ERROR
    return None if whole or settings.cluster is not None else _AHEAD


def dry_run(settings: RunSettings, *listeners: events.Listener) -> ExitCode:
    """Only plan, and tell of it."""
    plan = make_plan(settings, weights_digest(settings.weights), 0)
    stream = events.EventStream(listeners)
    for job in plan.stream():
        stream.tell(events.JobEvent(job))
    stream.tell(events.PlanEvent(plan, dry=True))
    return ExitCode.OK


def _nothing_to_do(plan: Plan, settings: RunSettings, stream: events.EventStream) -> events.FinishEvent:
    stream.tell(events.StartEvent(settings, plan))
    summary = events.Summary.of(plan)
    return events.FinishEvent(plan, summary)


def _color(
    plan: Plan, settings: RunSettings, weights: str, stream: events.EventStream, engines: Engines
) -> events.FinishEvent:
    with Interruption(lambda: stream.tell(events.StopEvent())) as interruption:
        if settings.cluster is not None:
            return _on_cluster(settings.cluster, plan, settings, weights, stream, interruption)
        return _here(plan, settings, stream, interruption, engines)


def _on_cluster(
    address: str,
    plan: Plan,
    settings: RunSettings,
    weights: str,
    stream: events.EventStream,
    interruption: Interruption,
) -> events.FinishEvent:
    from colorize_cli.run.cluster.client import ClusterRun
    from colorize_cli.run.cluster.connection import connect

    with connect(address) as connection:
        work = ClusterRun(plan, settings, weights, connection)
        summary = work.run(stream.tell, lambda: interruption.asked)
    return events.FinishEvent(plan, summary, events.Profile(work.watch, work.threads))


def _here(
    plan: Plan,
    settings: RunSettings,
    stream: events.EventStream,
    interruption: Interruption,
    engines: Engines,
) -> events.FinishEvent:
    with contextlib.nullcontext() if "torch" in sys.modules else _beginning(plan):
        from colorize_cli.run.pipeline import Pipeline

    with engines(settings) as engine:
        pipeline = Pipeline(engine, settings, plan)
        info = engine.info
        facts = events.EngineFacts(
            info.name, info.sha256, engine.device_name, engine.precision, pipeline.batch_size
        )
        stream.tell(events.StartEvent(settings, plan, facts))
        summary = pipeline.run(stream.tell, lambda: interruption.asked)
    return events.FinishEvent(plan, summary, events.Profile(pipeline.watch, pipeline.threads))


@contextlib.contextmanager
def _beginning(plan: Plan) -> Iterator[None]:
    """While torch is imported, most of what the first picture waits for, the other core has nothing to do."""
    if any(job.photo.format is Format.JPEG for job in plan.ahead[:1]):
        threading.Thread(target=chroma.prepare, daemon=True).start()
    with uncollected():
        yield


class _SettingsNote:
    """Keeps with what photos are coloured, as soon as one is, to colour one of them anew with later."""

    def __init__(self) -> None:
        self._start: events.StartEvent | None = None
        self._noted: set[str] = set()

    def __call__(self, event: events.Event) -> None:
        """Note what a run began with, in the folder of each photo that has got pictures."""
        if isinstance(event, events.StartEvent):
            self._start = event
        elif isinstance(event, events.Result) and event.pictures:
            self._note(event.job.photo.root)

    def _note(self, root: str) -> None:
        if self._start is not None and self._start.engine is not None and root not in self._noted:
            self._noted.add(root)
            note_last_run(root, self._start.settings, self._start.engine.sha256)


def _review_lists(event: events.Event) -> Iterable[events.Event]:
    """The lists of photos by how unsure their colours are, at the end of a run."""
    if isinstance(event, events.PlanEvent):
        for root in event.plan.manifests:
            require_place(root)
    if isinstance(event, events.FinishEvent):
        for root in event.plan.manifests:
            yield events.ReviewListEvent(*write_review_list(root))


def _exit_code(plan: Plan, summary: events.Summary) -> ExitCode:
    if summary.interrupted:
        return ExitCode.INTERRUPTED
    if not summary.failed and not plan.selection.unreadable:
        return ExitCode.OK
    useful = summary.photos or summary.already_done or summary.left_out or summary.already_left_out
    return ExitCode.SOME_INPUTS_FAILED if useful else ExitCode.NO_USABLE_INPUT
