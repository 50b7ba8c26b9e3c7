"""What a person sees while a run goes on: a live bar on a terminal, plain lines elsewhere; all on stderr."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from colorize_cli.common.printing import counted, printable
from colorize_cli.run.events import Result

_LINE_EVERY = 10.0  # seconds between plain lines


def result_lines(result: Result, *, verbose: bool = False) -> list[str]:
    """What is to be said of a photo: its failure, or why it was left out, and its warnings.

    With `verbose` also what became of one that all is well with.
    """
    lines = [f"warning: {result.job.source}: {warning}" for warning in result.warnings]
    if result.failure is not None:
        lines.insert(0, f"failed: {result.failure}")
    elif result.note is not None:
        lines.insert(0, f"left out: {result.job.source} ({result.note})")
    elif verbose:
        pictures = ", ".join(draft.output.path.name for draft in result.pictures)
        made = f" -> {result.job.folder}: {pictures}" if pictures else ""
        lines.insert(0, f"{result.status}: {result.job.source}{made}")
    return [printable(line) for line in lines]


class LiveProgress:
    """Bar with count, rate and time left; messages scroll above it."""

    def __init__(self, console: Console, total: int | None, *, verbose: bool = False) -> None:
        self.console, self.verbose = console, verbose
        self.bar = Progress(
            TextColumn("colouring"),
            BarColumn(),
            MofNCompleteColumn(),
            TaskProgressColumn(show_speed=True),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self.task = self.bar.add_task("colouring", total=total, rate="")
        self.began, self.done = time.monotonic(), 0
        self.bar.start()

    def close(self) -> None:
        """Leave the bar as it is."""
        self.bar.stop()

    def __call__(self, result: Result) -> None:
        """Count one photo and show what is to be said of it."""
        self.done += 1
        rate = self.done / max(time.monotonic() - self.began, 1e-9)
        self.bar.update(self.task, advance=1, rate=f"{rate:.1f} photos/s")
        for line in result_lines(result, verbose=self.verbose):
            self.bar.console.print(line, style="yellow", highlight=False, markup=False)


class PlainProgress:
    """A line every ten seconds and one for each failure, for logs and pipes."""

    def __init__(self, console: Console, total: int | None, *, verbose: bool = False) -> None:
        self.console, self.total, self.verbose = console, total, verbose
        self.began = self.last = time.monotonic()
        self.done = 0

    def close(self) -> None:
        """Nothing is to be ended."""

    def __call__(self, result: Result) -> None:
        """Count one photo and show what is to be said of it."""
        self.done += 1
        for line in result_lines(result, verbose=self.verbose):
            self._print(line)
        now = time.monotonic()
        if now - self.last >= _LINE_EVERY:
            self.last = now
            rate = self.done / (now - self.began)
            if self.total is None:
                self._print(f"{counted(self.done, 'photo')}, {rate:.1f} photos/s")
                return
            left = (self.total - self.done) / rate
            self._print(
                f"{self.done} of {counted(self.total, 'photo')}, {rate:.1f} photos/s, {left:.0f} s left"
            )

    def _print(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)


def show_progress(
    console: Console, total: int | None, *, verbose: bool = False
) -> LiveProgress | PlainProgress:
    """The way of showing progress that fits the console.

    total: None if nobody knows yet how many there are; `verbose`: a line for every photo.
    """
    kind = LiveProgress if console.is_terminal else PlainProgress
    return kind(console, total, verbose=verbose)
