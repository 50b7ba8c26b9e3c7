"""What a run says to people, on standard error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import click
from rich.console import Console

from colorize_cli.commands.profile import profile_table
from colorize_cli.commands.progress import LiveProgress, PlainProgress, result_lines, show_progress
from colorize_cli.common.printing import counted, printable
from colorize_cli.output.review_list import ReviewItem
from colorize_cli.run.events import (
    EndEvent,
    Event,
    FinishEvent,
    GalleryEvent,
    JobEvent,
    PlanEvent,
    Result,
    ReviewListEvent,
    SelectionEvent,
    StartEvent,
    StopEvent,
    Summary,
)
from colorize_cli.run.plan import Job, Plan

_FOREIGN_SHOWN = 20


class ConsoleListener:
    """Tells a person of a run; a context manager, so that a bar is gone when an error ends it."""

    def __init__(self, console: Console, *, profile: bool = False, verbose: bool = False) -> None:
        self._console, self._profile, self._verbose = console, profile, verbose
        self._progress: LiveProgress | PlainProgress | None = None
        self._roots: list[Path] = []
        self._galleries = 0

    def __enter__(self) -> ConsoleListener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_progress()

    def __call__(self, event: Event) -> None:
        """Say what is to be said of an event."""
        match event:
            case SelectionEvent():
                self._end_progress()
                self._passed_over(event.plan)
            case StartEvent():
                self._start(event)
            case StopEvent():
                self._say("Stopping: photos that were begun are finished first. Ctrl-C again stops at once.")
            case Result() if self._console.quiet:  # failures are errors: they are named all the same
                for line in result_lines(event)[: event.failure is not None]:
                    click.echo(line, err=True)
            case Result() if self._progress is not None:
                self._progress(event)
            case FinishEvent():
                self._finished(event)
            case ReviewListEvent():
                self._review_list(event)
            case GalleryEvent():
                self._galleries += 1
                self._say(f"Gallery: {event.path}" if event.path else f"No gallery: {event.problem}")
            case EndEvent() if event.summary.pictures and not self._galleries:
                root = self._roots[0] if len(self._roots) == 1 else "OUT"
                self._say(f"To look and choose: colorize gallery {root}")

    def _say(self, text: str) -> None:
        """A line, with whatever file names may hold."""
        self._console.print(printable(text), highlight=False, markup=False, soft_wrap=True)

    def _passed_over(self, plan: Plan) -> None:
        found = plan.selection
        for text in found.unreadable:
            click.echo(printable(f"failed: {text}"), err=True)
        if found.links:
            self._say(f"{found.links} symbolic links skipped (--follow-symlinks takes them).")
        for path in found.strays:
            self._say(
                f"{path}: belongs to no photo here; it must be called like one: NAME.hints.json for NAME.jpg."
            )
        if found.special:
            self._say(f"{found.special} pipes, sockets or devices skipped.")
        if found.unread:
            self._say(f"{len(found.unread)} pictures of kinds that are not read skipped (-v names them).")
        for path in found.unread if self._verbose else ():
            self._say(f"skipped: {path}")
        for text in (
            *foreign_lines(plan, verbose=self._verbose),
            *(base_lines(plan) if self._verbose else ()),
        ):
            self._say(text)

    def _start(self, event: StartEvent) -> None:
        plan, engine = event.plan, event.engine
        if engine is None:
            left_out = f", {plan.already_left_out} were left out" if plan.already_left_out else ""
            left_out += _in_the_way(plan.in_the_way)
            self._say(f"Nothing to do: {_done(plan, 'has its', 'have their')} variants already{left_out}.")
            self._in_colour(plan.already_left_out)
            return
        # What is planned while others are coloured nobody can count before.
        total, more = (len(plan.ahead), "") if plan.complete else (None, " and more")
        self._say(
            f"{counted(len(plan.ahead), 'photo')}{more}, {counted(event.settings.variants, 'variant')} each; "
            f"weights {engine.weights} ({engine.sha256[:12]}), device {engine.device} in {engine.precision}, "
            f"batch size {engine.batch_size}."
        )
        self._progress = show_progress(self._console, total, verbose=self._verbose)

    def _end_progress(self) -> None:
        if self._progress is not None:
            self._progress.close()
            self._progress = None

    def _finished(self, event: FinishEvent) -> None:
        self._end_progress()
        self._roots = [Path(root) for root in event.plan.manifests]
        summary, profile = event.summary, event.profile
        if profile is None:
            return
        if self._profile:
            done = summary.photos + summary.failed + summary.left_out
            self._console.print(profile_table(profile.watch, profile.threads, done, summary.seconds))
        self._summary(summary)

    def _in_colour(self, left_out: int) -> None:
        """Colour is the one reason for which photos are left out."""
        if left_out:
            photos = "1 photo is" if left_out == 1 else f"{left_out} photos are"
            self._say(f"{photos} in colour already; to colour such photos anyway: --if-color colorize")

    def _summary(self, summary: Summary) -> None:
        rate = summary.photos / max(summary.seconds, 1e-9)
        left_out = summary.left_out + summary.already_left_out
        maps = f" and {counted(summary.maps, 'map')}" if summary.maps else ""
        self._say(
            f"{counted(summary.pictures, 'picture')}{maps} of {counted(summary.photos, 'photo')} "
            f"in {summary.seconds:.1f} s "
            f"({rate:.1f} photos/s); {summary.already_done} done before, {left_out} left out, "
            f"{summary.failed} failed{_in_the_way(summary.in_the_way)}."
        )
        self._in_colour(left_out)
        if summary.interrupted:
            self._say("Stopped before the end. The same command goes on from here.")
        if summary.failed:
            self._say(f"{counted(summary.failed, 'photo')} failed, named above.")
        if summary.warned:
            self._say(f"{counted(summary.warned, 'photo')} with warnings, named above.")

    def _review_list(self, event: ReviewListEvent) -> None:
        if event.items:
            first = (f"{Path(item.source).name} ({item.uncertainty:.1f})" for item in event.items[:3])
            self._say(f"Most worth a look: {', '.join(first)}; all in {event.path}.")
        if text := _pale_text(event.items):
            self._say(text)


def foreign_lines(plan: Plan, *, verbose: bool = False) -> list[str]:
    """What is said of files that no run has made in the places of pictures: of many, only of the first."""
    shown = plan.foreign if verbose else plan.foreign[:_FOREIGN_SHOWN]
    lines = [f"{path}: in the place of a picture, but no run has made it; it stays." for path in shown]
    if len(shown) < len(plan.foreign):
        lines.append(f"... and {len(plan.foreign) - len(shown)} more (-v names all)")
    return [*lines, "--if-exists rename or overwrite makes such pictures anyway."] if lines else []


def base_lines(plan: Plan) -> list[str]:
    """How the output folder is laid out, where one was named."""
    if plan.selection.base is None:
        return []
    return [
        f"Pictures have the places in {root} that their photos have below {plan.selection.base}; photos "
        "with pictures there keep their names."
        for root in plan.manifests
    ]


def _pale_text(items: Sequence[ReviewItem]) -> str:
    """Which photos faces may have come out pale on, most first; nothing where no spot is pale."""
    counted = sorted(((item.pale_skin or 0, item) for item in items), key=lambda pair: -pair[0])
    most = [f"{Path(item.source).name} ({spots})" for spots, item in counted[:3] if spots]
    return f"Most small spots of pale skin, perhaps faces: {', '.join(most)}." if most else ""


def _done(plan: Plan, one: str, several: str) -> str:
    """How many photos are done, with the words for one or for several."""
    return f"{counted(plan.already_done, 'photo')} {one if plan.already_done == 1 else several}"


def _in_the_way(photos: int) -> str:
    return f", {photos} kept from it by files that are not ours" if photos else ""


class PlanPrinter:
    """Prints what a dry run would write, on standard output unless `quiet`, and counts on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._photos = self._pictures = self._unsure = 0

    def __call__(self, event: Event) -> None:
        """Print a photo of a plan, and at its end how many there are."""
        if isinstance(event, JobEvent):
            self._job(event.job)
        if isinstance(event, PlanEvent):
            self._end(event.plan)

    def _end(self, plan: Plan) -> None:
        if_changed = f", {self._unsure} more if their photos have changed" if self._unsure else ""
        for line in (*foreign_lines(plan), *base_lines(plan)):
            click.echo(printable(line), err=True)
        click.echo(
            f"{counted(self._photos, 'photo')}, {counted(self._pictures, 'picture')} to write{if_changed}; "
            f"{_done(plan, 'is', 'are')} done{_in_the_way(plan.in_the_way)}.",
            err=True,
        )

    def _job(self, job: Job) -> None:
        self._photos += 1
        self._pictures += len(job.kinds)
        self._unsure += len(job.if_changed)
        for output in () if self._quiet else job.outputs:
            click.echo(printable(f"{job.source} -> {output.path}"))
