"""`colorize PATHS`: the default command, from options to a finished run."""

from __future__ import annotations

import logging
import math
import os
import sys
from pathlib import Path
from typing import Any

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.effects import EffectListener, refuse_without_effect, typed_options
from colorize_cli.commands.files import CONFIG, GALLERY, HINTS, OWN, REVIEW_LIST
from colorize_cli.commands.guard import CONFIG as CONFIG_USED
from colorize_cli.commands.options import HEADINGS, config_option, option_groups, report_options
from colorize_cli.commands.paths import LocalPath
from colorize_cli.commands.slips import refuse_slips
from colorize_cli.commands.stores import colour_stores, on_stores, refuse_on_stores
from colorize_cli.common.printing import printable
from colorize_cli.common.shard import parse_shard
from colorize_cli.errors import ExitCode, UsageError
from colorize_cli.inputs.grouping import check_rule
from colorize_cli.settings import CHOICES, RunSettings

# Options of a run that are not about what it does, and those that one photo has no use for.
_NOT_SETTINGS = frozenset({"dry", "report", "as_json", "gallery", "quiet", "verbose"})
_OF_WHOLE_RUNS = ("files_from", "shard", "cluster", "sign_with", "key")


@click.command(
    "run",
    cls=DocumentedCommand,
    short_help="Colour photos (the default command).",
    context_settings={"auto_envvar_prefix": "COLORIZE"},
    headings=HEADINGS,
    examples=(
        (
            "colorize album/ -n 5",
            "Five variants of every photo, in album-colorized/.",
        ),
        (
            "colorize scans/ more/*.tif -n 3 -o out/",
            "Folders and files together.",
        ),
        (
            "find scans -name '*.tif' -print0 | colorize --files-from - -0 -o out/",
            "What find lists.",
        ),
        (
            "colorize album/ --gallery --uncertainty",
            "Also a page to choose on, and what to look at first.",
        ),
        ("colorize album/ --dry-run", "Show what would be written, and write nothing."),
        ("colorize s3://scans/1912/ -o s3://coloured/", "From a bucket to a bucket."),
    ),
    files=(CONFIG, HINTS, OWN, GALLERY, REVIEW_LIST),
)
@click.argument("paths", nargs=-1, type=LocalPath(stores=True))
@option_groups
@config_option
@click.option("--dry-run", "dry", is_flag=True, help="Show what would be written and stop.")
@report_options
@click.option("--gallery", is_flag=True, help="Write gallery.html to look and choose, in the output folder.")
@click.option("--profile", is_flag=True, help="Show where the time went.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Say what becomes of each photo, and tracebacks of unexpected errors.",
)
@click.pass_context
def run_command(
    context: click.Context,
    /,
    dry: bool,
    report: Path | None,
    as_json: bool,
    gallery: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> ExitCode:
    """Colour PATHS: photos, and folders of photos with everything below them."""
    set_up_logging(verbose)
    if context.parent is not None and isinstance(context.parent.command, click.Group):
        refuse_slips(map(str, options["paths"]), context.parent.command.commands)
    settings, typed = settings_of(options), typed_options(context)
    if on_stores(settings):
        refuse_on_stores(dry=dry, gallery=gallery, profile=settings.profile)
        return colour_stores(settings, report, as_json=as_json, quiet=quiet)
    refuse_without_effect(typed, settings)
    if gallery and settings.shard is not None:
        raise UsageError("--gallery shows all shards: when they are through, colorize gallery OUT")
    from rich.console import Console

    from colorize_cli.commands.console import ConsoleListener, PlanPrinter
    from colorize_cli.commands.gallery_pages import GalleryListener
    from colorize_cli.run.report import Report
    from colorize_cli.run.run import dry_run, run

    with Report(report, *([sys.stdout] if as_json else [])) as reporter:
        console = Console(stderr=True, quiet=quiet)
        effects = EffectListener(console, typed)
        if dry:
            return dry_run(settings, reporter, PlanPrinter(quiet=as_json), effects)
        with ConsoleListener(console, profile=settings.profile, verbose=verbose) as person:
            galleries = [GalleryListener(console)] if gallery else []
            return run(settings, reporter, person, effects, *galleries)


def usual_settings(context: click.Context, path: Path) -> RunSettings:
    """Those of `colorize PATH` with nothing typed: the config file and the environment of a command count."""
    config = Path(context.meta[CONFIG_USED])
    arguments = [*(["--config", str(config)] if config.is_file() else []), "--", str(path)]
    own = run_command.make_context("run", arguments, parent=context.parent)
    chosen = {name: value for name, value in own.params.items() if name not in _NOT_SETTINGS}
    return settings_of(chosen | dict.fromkeys(_OF_WHOLE_RUNS))


def asked_of(options: dict[str, Any]) -> dict[str, Any]:
    """Values of options as `RunSettings` has them."""
    return {name: CHOICES[name](value) if name in CHOICES else value for name, value in options.items()}


def settings_of(options: dict[str, Any]) -> RunSettings:
    """The settings that the options of the command line ask for; UsageError if they contradict each other."""
    chosen = asked_of(options)
    for name, value in chosen.items():
        if isinstance(value, float) and math.isnan(value):
            raise UsageError(f"--{name.replace('_', '-')} is nan, not a number.")
    if chosen.get("palette") is not None:
        from colorize_cli.hints.palette import read_palette

        chosen["palette"] = read_palette(chosen["palette"])
    if (reference := chosen.pop("reference", None)) is not None:
        from colorize_cli.hints.palette import united
        from colorize_cli.hints.reference import read_reference

        chosen["palette"] = united(chosen.get("palette"), read_reference(reference))
    certificates, key = chosen.pop("sign_with", None), chosen.pop("key", None)
    if (certificates is None) != (key is None):
        raise UsageError("--sign-with CERTIFICATES and --key KEY go together.")
    if certificates is not None:
        from colorize_cli.image.certificates import read_signing

        chosen["signing"] = read_signing(certificates, key)
    if chosen.get("shard") is not None:
        chosen["shard"] = parse_shard(chosen["shard"], os.environ)
    if chosen.get("group") is not None:
        check_rule(chosen["group"])
    settings = RunSettings(**chosen)
    if settings.group and settings.diversity:
        raise UsageError("--diversity chooses for each photo by itself; leave it out with --group.")
    if not settings.paths and settings.files_from is None:
        raise UsageError("Name a folder or photos to colour: colorize album/")
    if settings.cluster and (settings.device == "all" or "," in settings.device):
        raise UsageError("On a cluster every card has a worker process of its own; leave --device out.")
    if settings.cluster and settings.shard is not None:
        raise UsageError("A cluster shares the photos out by itself; leave --shard out.")
    if settings.cluster and settings.signing:
        raise UsageError("A key does not travel to the workers of a cluster; leave --sign-with out.")
    return settings


class _Plain(logging.Formatter):
    """Messages and tracebacks hold names of files, too."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record), lines=True)


def set_up_logging(verbose: bool) -> None:
    """Warnings on standard error, and with `verbose` tracebacks of unexpected errors."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Plain("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("colorize_cli").setLevel(logging.DEBUG if verbose else logging.WARNING)
    # The decoders' own remarks about odd files; what matters of them is in our warnings and failures.
    logging.captureWarnings(True)
    for name in ("py.warnings", "PIL", "tifffile"):
        logging.getLogger(name).setLevel(logging.WARNING if verbose else logging.CRITICAL)
