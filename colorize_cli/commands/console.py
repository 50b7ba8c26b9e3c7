"""What a run says to people, on standard error."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import click
from rich.console import Console

from colorize_cli.commands.profile import profile_table
from colorize_cli.commands.progress import LiveProgress, PlainProgress, show_progress
from colorize_cli.common.printing import printable
from colorize_cli.inputs.walk import Selection
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
from colorize_cli.run.plan import Job


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
                self._passed_over(event.selection)
            case StartEvent():
                self._start(event)
            case StopEvent():
                self._say("Stopping: photos that were begun are finished first. Ctrl-C again stops at once.")
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

    def _passed_over(self, found: Selection) -> None:
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

    def _start(self, event: StartEvent) -> None:
        plan, engine = event.plan, event.engine
        if engine is None:
            left_out = f", {plan.already_left_out} were left out" if plan.already_left_out else ""
            self._say(f"Nothing to do: {plan.already_done} photos have their variants already{left_out}.")
            self._in_colour(plan.already_left_out)
            return
        # What is planned while others are coloured nobody can count before.
        total, more = (len(plan.ahead), "") if plan.complete else (None, " and more")
        self._say(
            f"{len(plan.ahead)} photos{more}, {event.settings.variants} variants each; "
            f"weights {engine.weights} ({engine.sha256[:12]}), device {engine.device} in {engine.precision}, "
            f"batch size {engine.batch_size}."
        )
        self._progress = show_progress(self._console, total)

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
        maps = f" and {summary.maps} maps" if summary.maps else ""
        self._say(
            f"{summary.pictures} pictures{maps} of {summary.photos} photos in {summary.seconds:.1f} s "
            f"({rate:.1f} photos/s); {summary.already_done} done before, {left_out} left out, "
            f"{summary.failed} failed."
        )
        self._in_colour(left_out)
        if summary.interrupted:
            self._say("Stopped before the end. The same command goes on from here.")
        if summary.warned:
            self._say(f"{summary.warned} photos with warnings, named above.")
        # Failures are errors: they are named even under --quiet.
        for result in summary.failures:
            click.echo(printable(f"failed: {result.failure}"), err=True)
        if summary.failed > len(summary.failures):
            click.echo(f"... and {summary.failed - len(summary.failures)} more", err=True)

    def _review_list(self, event: ReviewListEvent) -> None:
        if event.items:
            first = (f"{Path(item.source).name} ({item.uncertainty:.1f})" for item in event.items[:3])
            self._say(f"Most worth a look: {', '.join(first)}; all in {event.path}.")


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
            if_changed = f", {self._unsure} more if their photos have changed" if self._unsure else ""
            click.echo(
                f"{self._photos} photos, {self._pictures} pictures to write{if_changed}; "
                f"{event.plan.already_done} photos are done.",
                err=True,
            )

    def _job(self, job: Job) -> None:
        self._photos += 1
        self._pictures += len(job.kinds)
        self._unsure += len(job.if_changed)
        for output in () if self._quiet else job.outputs:
            click.echo(printable(f"{job.source} -> {output.path}"))
