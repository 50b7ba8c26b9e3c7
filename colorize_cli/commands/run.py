"""`colorize PATHS`: the default command, from options to a finished run."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from colorize_cli.commands.options import config_option, option_groups
from colorize_cli.errors import ColorizeError, ExitCode, NoInputError, UsageError, WeightsError
from colorize_cli.printing import printable
from colorize_cli.settings import Chroma, Format, Hinting, IfColor, IfExists, Precision, RunSettings
from colorize_cli.source_type import SourceType

if TYPE_CHECKING:
    from rich.console import Console

    from colorize_cli.calls import Engine
    from colorize_cli.planning import Plan
    from colorize_cli.report import Report
    from colorize_cli.results import Summary

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

    from colorize_cli.report import Report

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
        from colorize_cli.palette import read_palette

        chosen["palette"] = read_palette(chosen["palette"])
    if chosen.get("group") is not None:
        from colorize_cli.grouping import Grouping

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
    from colorize_cli.planning import make_plan

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
    from colorize_cli.digests import sha256_of
    from colorize_cli.weights_file import default_weights

    weights = default_weights() if settings.weights is None else settings.weights
    try:
        return sha256_of(weights)
    except OSError as error:
        raise WeightsError(
            f"{weights}: the weights cannot be read ({error.strerror}). Name a file with --weights."
        ) from error


def _run(settings: RunSettings, console: Console, told: Report, gallery: bool) -> ExitCode:
    from colorize_cli.folders import locked
    from colorize_cli.planning import make_plan
    from colorize_cli.selection import output_roots

    weights = _weights_digest(settings)
    with locked(output_roots(settings)):
        plan = make_plan(settings, weights)
        with contextlib.closing(plan):
            return _carry_out(plan, settings, console, told, gallery)


def _carry_out(plan: Plan, settings: RunSettings, console: Console, told: Report, gallery: bool) -> ExitCode:
    from colorize_cli.results import Summary

    _show_passed_over(console, plan)
    told.unreadable(plan.selection.unreadable)
    if plan.jobs:
        summary = _color(plan, settings, console, told)
        _show_end(console, summary)
    else:
        told.start(settings, plan)
        summary = Summary(already_done=plan.already_done, already_left_out=plan.already_left_out)
        left_out = f", {plan.already_left_out} were left out" if plan.already_left_out else ""
        _say(console, f"Nothing to do: {plan.already_done} photos have their variants already{left_out}.")
    if settings.uncertainty:
        _list_doubtful(plan, console)
    code = _exit_code(plan, summary)
    told.summary(summary, int(code), _show_gallery(plan, summary, console, gallery))
    return code


def _list_doubtful(plan: Plan, console: Console) -> None:
    from colorize_cli.doubtful import write_list

    for root in plan.manifests:
        path, found = write_list(root)
        if found:
            worst = ", ".join(f"{Path(photo.source).name} ({photo.uncertainty:.1f})" for photo in found[:3])
            _say(console, f"Most worth a look: {worst}; all in {path}.")


def _show_gallery(plan: Plan, summary: Summary, console: Console, wanted: bool) -> list[Path]:
    """Say where pictures can be looked at and chosen: the pages that were asked for, or the command."""
    roots = [Path(root) for root, manifest in plan.manifests.items() if summary.pictures or len(manifest)]
    if not wanted or summary.interrupted:
        if summary.pictures:
            _say(console, f"To look and choose: colorize gallery {roots[0] if len(roots) == 1 else 'OUT'}")
        return []
    from colorize_cli.commands.gallery import written_gallery

    pages = []
    for root in roots:
        try:
            pages.append(written_gallery(root, console).path)
            _say(console, f"Gallery: {pages[-1]}")
        except NoInputError as error:
            _say(console, f"No gallery: {error}")
    return pages


def _color(plan: Plan, settings: RunSettings, console: Console, told: Report) -> Summary:
    _require_cv2()
    from colorize_cli.imports import uncollected
    from colorize_cli.interruption import Interruption
    from colorize_cli.profiling import profile_table
    from colorize_cli.progress import show_progress
    from colorize_cli.results import Result

    with contextlib.nullcontext() if "torch" in sys.modules else uncollected():
        from colorize_cli.pipeline import Pipeline
        from colorize_cli.workers import open_engine

    with (
        Interruption(lambda text: _say(console, text)) as interruption,
        open_engine(settings.weights, settings.device, settings.precision) as engine,
    ):
        pipeline = Pipeline(engine, settings)
        _show_start(console, engine, plan, settings, pipeline.batch_size)
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


def _say(console: Console, text: str) -> None:
    console.print(printable(text), highlight=False, markup=False, soft_wrap=True)


def _show_passed_over(console: Console, plan: Plan) -> None:
    found = plan.selection
    for text in found.unreadable:
        click.echo(printable(f"failed: {text}"), err=True)
    if found.links:
        _say(console, f"{found.links} symbolic links passed over (--follow-symlinks takes them).")
    for path in found.strays:
        _say(
            console,
            f"{path}: belongs to no photo here; it must be called like one: NAME.hints.json for NAME.jpg.",
        )
    if found.special:
        _say(console, f"{found.special} pipes, sockets or devices passed over.")


def _show_start(console: Console, engine: Engine, plan: Plan, settings: RunSettings, batch_size: int) -> None:
    info = engine.info
    _say(
        console,
        f"{len(plan.jobs)} photos, {settings.variants} variants each; weights {info.name} "
        f"({info.sha256[:12]}), device {engine.device_name} in {engine.precision}, batch size {batch_size}.",
    )


def _show_end(console: Console, summary: Summary) -> None:
    rate = summary.photos / max(summary.seconds, 1e-9)
    left_out = summary.left_out + summary.already_left_out
    maps = f" and {summary.maps} maps" if summary.maps else ""
    _say(
        console,
        f"{summary.pictures} pictures{maps} of {summary.photos} photos in {summary.seconds:.1f} s "
        f"({rate:.1f} photos/s); {summary.already_done} done before, {left_out} left out, "
        f"{summary.failed} failed.",
    )
    if summary.interrupted:
        _say(console, "Stopped before the end. The same command goes on from here.")
    if summary.warned:
        _say(console, f"{summary.warned} photos with warnings, named above.")
    # Failures are errors: they are named even under --quiet.
    for result in summary.failures:
        click.echo(printable(f"failed: {result.failure}"), err=True)
    if summary.failed > len(summary.failures):
        click.echo(f"... and {summary.failed - len(summary.failures)} more", err=True)
