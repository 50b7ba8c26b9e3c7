"""A run from settings to exit code; whoever wants to know what happens listens."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable

from colorize_cli.common.imports import require_cv2, uncollected
from colorize_cli.common.signals import Interruption
from colorize_cli.errors import ExitCode
from colorize_cli.inputs.walk import output_roots
from colorize_cli.model.weights_file import weights_digest
from colorize_cli.output.lock import locked
from colorize_cli.output.review_list import require_place, write_review_list
from colorize_cli.run import events
from colorize_cli.run.engines import Engines, own_engine
from colorize_cli.run.plan import Plan, make_plan
from colorize_cli.settings import RunSettings


def run(settings: RunSettings, *listeners: events.Listener, engines: Engines = own_engine) -> ExitCode:
    """Colour what the settings name; errors that end a run are raised as of `errors`.

    engines: opens the engine, if there is something to colour.
    """
    weights = weights_digest(settings.weights)
    with locked(output_roots(settings)), contextlib.closing(make_plan(settings, weights)) as plan:
        stream = events.EventStream([*([_review_lists] if settings.uncertainty else []), *listeners])
        stream.tell(events.PlanEvent(plan))
        finished = (
            _color(plan, settings, stream, engines) if plan.jobs else _nothing_to_do(plan, settings, stream)
        )
        stream.tell(finished)
        code = _exit_code(plan, finished.summary)
        stream.tell(events.EndEvent(finished.summary, code))
        return code


def dry_run(settings: RunSettings, *listeners: events.Listener) -> ExitCode:
    """Only plan, and tell of it."""
    plan = make_plan(settings, weights_digest(settings.weights))
    events.EventStream(listeners).tell(events.PlanEvent(plan, dry=True))
    return ExitCode.OK


def _nothing_to_do(plan: Plan, settings: RunSettings, stream: events.EventStream) -> events.FinishEvent:
    stream.tell(events.StartEvent(settings, plan))
    summary = events.Summary(already_done=plan.already_done, already_left_out=plan.already_left_out)
    return events.FinishEvent(plan, summary)


def _color(
    plan: Plan, settings: RunSettings, stream: events.EventStream, engines: Engines
) -> events.FinishEvent:
    require_cv2()
    with contextlib.nullcontext() if "torch" in sys.modules else uncollected():
        from colorize_cli.run.pipeline import Pipeline

    with (
        Interruption(lambda: stream.tell(events.StopEvent())) as interruption,
        engines(settings) as engine,
    ):
        pipeline = Pipeline(engine, settings, plan)
        info = engine.info
        facts = events.EngineFacts(
            info.name, info.sha256, engine.device_name, engine.precision, pipeline.batch_size
        )
        stream.tell(events.StartEvent(settings, plan, facts))
        summary = pipeline.run(stream.tell, lambda: interruption.asked)
    return events.FinishEvent(plan, summary, events.Profile(pipeline.watch, pipeline.threads))


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
