"""`colorize watch INBOX`: what arrives in a folder is coloured, until it is told to stop."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.files import CONFIG, HINTS, OWN
from colorize_cli.commands.options import HEADINGS, config_option, option_groups, report_options
from colorize_cli.commands.paths import LocalPath
from colorize_cli.commands.run import set_up_logging, settings_of
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode, UsageError


@click.command(
    "watch",
    cls=DocumentedCommand,
    short_help="Colour what arrives in a folder.",
    context_settings={"auto_envvar_prefix": "COLORIZE"},
    headings=HEADINGS,
    examples=(
        ("colorize watch inbox/ -o out/", "Colour what is in inbox/ and what arrives there, until Ctrl-C."),
    ),
    files=(CONFIG, HINTS, OWN),
)
@click.argument("folder", metavar="INBOX", type=LocalPath(exists=True, file_okay=False))
@click.option(
    "--settle",
    default=5.0,
    show_default=True,
    type=click.FloatRange(0.0),
    help="Seconds that a photo has to stay as it is before it counts as whole.",
)
@click.option(
    "--every",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1),
    help="Seconds between looks, where the system does not tell of changes: network drives, or where the "
    "package watchdog is missing.",
)
@option_groups
@config_option
@report_options
@click.option("--gallery", is_flag=True, help="Keep gallery.html in the output folder up to date.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more, with tracebacks of unexpected errors.")
def watch_command(
    folder: Path,
    settle: float,
    every: float,
    report: Path | None,
    as_json: bool,
    gallery: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> ExitCode:
    """Colour the photos in INBOX and those that arrive there, as `colorize INBOX` would.

    A photo is taken when it has stopped growing. Ctrl-C or SIGTERM ends it after the photos that were begun,
    with exit code 0; started again, it goes on with what is new.
    """
    set_up_logging(verbose)
    if options["files_from"] is not None:
        raise UsageError("--files-from does not go with watch, which takes one folder.")
    settings = settings_of(options | {"paths": (folder,)})
    from rich.console import Console

    from colorize_cli.commands.gallery_pages import GalleryListener
    from colorize_cli.commands.photo_lines import PhotoLines
    from colorize_cli.run.report import Report
    from colorize_cli.run.watch import Patience, watch

    def say(text: str) -> None:
        if not quiet:
            click.echo(printable(text), err=True)

    with Report(report, *([sys.stdout] if as_json else [])) as reporter:
        lines = PhotoLines(say, lambda text: click.echo(printable(text), err=True))
        page = [GalleryListener(Console(stderr=True, quiet=True))] if gallery else []
        code = watch(settings, Patience(settle, every), say, reporter, lines, *page)
        say(f"Stopped. {lines.photos} photos were coloured, {lines.failed} failed.")
        return code
