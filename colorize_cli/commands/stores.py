"""`colorize s3://scans/1912/ -o s3://coloured/`: what the command line says of runs over object stores."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from colorize_cli.common.printing import counted, printable
from colorize_cli.common.store import Store, store_url
from colorize_cli.errors import ColorizeError, DiskFullError, ExitCode, NoInputError, OutputError, UsageError
from colorize_cli.settings import RunSettings


def on_stores(settings: RunSettings) -> bool:
    """Whether a path or the output is an address."""
    paths = (*settings.paths, *([settings.output] if settings.output else []))
    return any(store_url(path) is not None for path in paths)


def refuse_on_stores(**given: bool) -> None:
    """UsageError for flags of the command that need all pictures at once, or none of them made."""
    reasons = {
        "dry": ("--dry-run", "which pages and pictures a photo has is seen when it is fetched"),
        "gallery": ("--gallery", "copy the pictures and make it there: see docs/scale.md"),
        "profile": ("--profile", "most of the time may be the network's"),
    }
    for name, (flag, reason) in reasons.items():
        if given[name]:
            raise UsageError(f"{flag} does not work on a store: {reason}.")


def colour_stores(settings: RunSettings, report: Path | None, *, as_json: bool, quiet: bool) -> ExitCode:
    """Carry out a run over stores."""
    from colorize_cli.commands.photo_lines import PhotoLines
    from colorize_cli.run.events import EndEvent, Event
    from colorize_cli.run.on_stores import StorePlaces, run_on_stores
    from colorize_cli.run.report import Report

    source, target = _stores(settings)
    with tempfile.TemporaryDirectory(prefix="colorize-") as folder:
        scratch = Path(folder, "some")
        named = _named(scratch, source, target)

        def fail(text: str) -> None:
            click.echo(printable(named(text)), err=True)

        def say(text: str) -> None:
            if not quiet:
                fail(text)

        def end(event: Event) -> None:
            if isinstance(event, EndEvent):
                found = event.summary
                left_out = found.left_out + found.already_left_out
                say(
                    f"{counted(found.pictures, 'picture')} of {counted(found.photos, 'photo')} "
                    f"in {found.seconds:.1f} s; "
                    f"{found.already_done} done before, {left_out} left out, {found.failed} failed."
                )

        with Report(report, *([sys.stdout] if as_json else []), named=named) as reporter:
            places, lines = StorePlaces(source, target, scratch), PhotoLines(say, fail)
            try:
                return run_on_stores(settings, places, say, lines, reporter, end)
            except DiskFullError:
                raise  # that of this computer, under its own name
            except ColorizeError as error:
                raise type(error)(named(str(error))) from error


def _stores(settings: RunSettings) -> tuple[Store, Store]:
    output = None if settings.output is None else store_url(settings.output)
    if output is None:
        raise UsageError("Photos of a store need -o with an address of a store: -o s3://coloured/")
    if len(settings.paths) != 1:
        raise UsageError("One folder of a store at a time; name the one that is above all of them.")
    path = settings.paths[0]
    address = store_url(path)
    if address is None and not path.is_dir():
        raise NoInputError(
            f"{path}: no such folder. Onto a store go whole folders; --include chooses photos."
        )
    return Store(address or str(path), NoInputError), Store(output, OutputError)


def _named(scratch: Path, *stores: Store) -> Callable[[str], str]:
    """Gives a text in which files of the scratch folder have the names of their objects."""
    prefixes = {
        f"{scratch}/{s.protocol}/": "/" if s.protocol == "file" else f"{s.protocol}://" for s in stores
    }
    prefixes |= {json.dumps(here)[1:-1]: there for here, there in prefixes.items()}

    def named(text: str) -> str:
        for here, there in prefixes.items():
            text = text.replace(here, there)
        return text

    return named
