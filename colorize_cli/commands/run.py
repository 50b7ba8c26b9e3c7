"""`colorize PATHS`: the default command, from options to a finished run."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from colorize_cli.commands import console as telling
from colorize_cli.commands.options import config_option, option_groups
from colorize_cli.errors import ColorizeError, ExitCode, UsageError, WeightsError
from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.settings import Chroma, Format, Hinting, IfColor, IfExists, Precision, RunSettings

if TYPE_CHECKING:
    from rich.console import Console

    from colorize_cli.run.plan import Plan
    from colorize_cli.run.report import Report
    from colorize_cli.run.results import Summary

_CV2_HELP = (
    "OpenCV cannot be loaded ({error}). On Debian or Ubuntu: apt-get install libgl1 libglib2.0-0. "
    "Or replace it by the build that needs no system libraries, which is interchangeable: "
    "pip uninstall opencv-python, then pip install opencv-python-headless."
)
_CHOICES: dict[str, Callable[[str], object]] = {
    "format": Format,
    "chroma": Chroma,
    "source_type": SourceType,
    "if_exists": IfExists,
    "if_color": IfColor,
    "precision": Precision,
    "hints": Hinting,
}


@click.command(
    "run",
    short_help="Colour photos (the default command).",
    context_settings={"auto_envvar_prefix": "COLORIZE"},
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@option_groups
@config_option
@click.option("--dry-run", is_flag=True, help="Show what would be written and stop.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write a JSON Lines report.")
@click.option("--json", "as_json", is_flag=True, help="The same report on standard output.")
@click.option("--gallery", is_flag=True, help="Write gallery.html to look and choose, in the output folder.")
@click.option("--profile", is_flag=True, help="Show where the time went.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more, with tracebacks of unexpected errors.")
def run_command(
    dry_run: bool,
    report: Path | None,
    as_json: bool,
    gallery: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> ExitCode:
    """Colour PATHS: photos, and folders of photos with everything below them."""
    from rich.console import Console

    from colorize_cli.run.report import Report

    _set_up_logging(verbose)
    settings = settings_of(options)
    console = Console(stderr=True, quiet=quiet)
    with Report(report, *([sys.stdout] if as_json else [])) as told:
        if dry_run:
            return _show(settings, told, quiet=as_json)
        return _run(settings, console, told, gallery)


def settings_of(options: dict[str, Any]) -> RunSettings:
    """The settings that the options of the command line ask for; UsageError if they contradict each other."""
    chosen: dict[str, Any] = {
        name: _CHOICES[name](value) if name in _CHOICES else value for name, value in options.items()
    }
    if chosen.get("palette") is not None:
        from colorize_cli.hints.palette import read_palette

        chosen["palette"] = read_palette(chosen["palette"])
    if chosen.get("group") is not None:
        from colorize_cli.inputs.grouping import Grouping

        chosen["group"] = Grouping(chosen["group"])
    settings = RunSettings(**chosen)
    if settings.group and settings.diversity:
        raise UsageError("--diversity chooses for each photo by itself; leave it out with --group.")
    if not settings.paths and settings.files_from is None:
        raise UsageError("Name a folder or photos to colour: colorize album/")
    if settings.lossless_luma and settings.format not in (Format.SAME, Format.JPEG):
        raise UsageError("--lossless-luma is for JPEG; leave --format out, or choose jpeg.")
    return settings


def _set_up_logging(verbose: bool) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("colorize_cli").setLevel(logging.DEBUG if verbose else logging.WARNING)
    # The decoders' own remarks about odd files; what matters of them is in our warnings and failures.
    logging.captureWarnings(True)
    for name in ("py.warnings", "PIL", "tifffile"):
        logging.getLogger(name).setLevel(logging.WARNING if verbose else logging.CRITICAL)


def _show(settings: RunSettings, told: Report, *, quiet: bool) -> ExitCode:
    """Print the plan."""
    from colorize_cli.run.plan import make_plan

    plan = make_plan(settings, _weights_digest(settings))
    for job in plan.jobs:
        told.planned(job)
        for output in () if quiet else job.outputs():
            click.echo(f"{click.format_filename(job.source)} -> {click.format_filename(output.path)}")
    pictures = sum(len(job.variants) for job in plan.jobs)
    doubtful = sum(len(job.if_changed) for job in plan.jobs)
    if_changed = f", {doubtful} more if their photos have changed" if doubtful else ""
    click.echo(
        f"{len(plan.jobs)} photos, {pictures} pictures to write{if_changed}; "
        f"{plan.already_done} photos are done.",
        err=True,
    )
    return ExitCode.OK


def _weights_digest(settings: RunSettings) -> str:
    from colorize_cli.common.digests import sha256_of
    from colorize_cli.model.weights_file import default_weights

    weights = default_weights() if settings.weights is None else settings.weights
    try:
        return sha256_of(weights)
    except OSError as error:
        raise WeightsError(
            f"{weights}: the weights cannot be read ({error.strerror}). Name a file with --weights."
        ) from error


def _run(settings: RunSettings, console: Console, told: Report, gallery: bool) -> ExitCode:
    from colorize_cli.inputs.walk import output_roots
    from colorize_cli.output.lock import locked
    from colorize_cli.run.plan import make_plan

    weights = _weights_digest(settings)
    with locked(output_roots(settings)):
        plan = make_plan(settings, weights)
        with contextlib.closing(plan):
            return _carry_out(plan, settings, console, told, gallery)


def _carry_out(plan: Plan, settings: RunSettings, console: Console, told: Report, gallery: bool) -> ExitCode:
    from colorize_cli.run.results import Summary

    telling.show_passed_over(console, plan)
    told.unreadable(plan.selection.unreadable)
    if plan.jobs:
        summary = _color(plan, settings, console, told)
        telling.show_end(console, summary)
    else:
        told.start(settings, plan)
        summary = Summary(already_done=plan.already_done, already_left_out=plan.already_left_out)
        telling.show_nothing_to_do(console, plan)
    if settings.uncertainty:
        telling.write_review_lists(plan, console)
    code = _exit_code(plan, summary)
    told.summary(summary, int(code), telling.show_gallery(plan, summary, console, gallery))
    return code


def _color(plan: Plan, settings: RunSettings, console: Console, told: Report) -> Summary:
    _require_cv2()
    from colorize_cli.commands.profile import profile_table
    from colorize_cli.commands.progress import show_progress
    from colorize_cli.common.imports import uncollected
    from colorize_cli.common.signals import Interruption
    from colorize_cli.run.results import Result

    with contextlib.nullcontext() if "torch" in sys.modules else uncollected():
        from colorize_cli.engine.pool import open_engine
        from colorize_cli.run.pipeline import Pipeline

    with (
        Interruption(lambda text: telling.say(console, text)) as interruption,
        open_engine(settings.weights, settings.device, settings.precision) as engine,
    ):
        pipeline = Pipeline(engine, settings)
        telling.show_start(console, engine, plan, settings, pipeline.batch_size)
        told.start(
            settings,
            plan,
            weights=engine.info.sha256,
            device=engine.device_name,
            precision=engine.precision,
            name=engine.info.name,
        )
        with show_progress(console, len(plan.jobs)) as progress:

            def finished(result: Result) -> None:
                told.photo(result)
                progress(result)

            summary = pipeline.run(plan, finished, lambda: interruption.asked)
        if settings.profile:
            done = summary.photos + summary.failed + summary.left_out
            console.print(profile_table(pipeline.watch, pipeline.threads, done, summary.seconds))
        return summary


def _exit_code(plan: Plan, summary: Summary) -> ExitCode:
    if summary.interrupted:
        return ExitCode.INTERRUPTED
    if not summary.failed and not plan.selection.unreadable:
        return ExitCode.OK
    useful = summary.photos or summary.already_done or summary.left_out or summary.already_left_out
    return ExitCode.SOME_INPUTS_FAILED if useful else ExitCode.NO_USABLE_INPUT


def _require_cv2() -> None:
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        raise ColorizeError(_CV2_HELP.format(error=error)) from error
