"""The command line: options to settings, errors to exit codes, and nothing else that knows of click."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from colorize_cli import __version__
from colorize_cli.errors import ColorizeError, ExitCode
from colorize_cli.settings import Format, IfColor, IfExists, RunSettings

if TYPE_CHECKING:
    from colorize_cli.engine import Colorizer
    from colorize_cli.pipeline import Summary
    from colorize_cli.planning import Plan

_SHOWN = 20  # failures listed at the end; each was named when it happened, too
_CV2_HELP = (
    "OpenCV cannot be loaded ({error}). On Debian or Ubuntu: apt-get install libgl1 libglib2.0-0. "
    "Or replace it by the build that needs no system libraries, which is interchangeable: "
    "pip uninstall opencv-python, then pip install opencv-python-headless."
)


class DefaultGroup(click.Group):
    """A group whose command `run` needs no name: `colorize folder/` is `colorize run folder/`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` in front unless a command, or help or version of the group, is asked for."""
        own = {"--help", "-h", "--version"}
        if args and args[0] not in self.commands and args[0] not in own:
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Usage of the default command, which is what nearly everybody wants."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] PATHS...")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of `run`, since they need no command before them."""
        run = self.commands["run"]
        run.format_options(click.Context(run, parent=ctx), formatter)


@click.group(
    cls=DefaultGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
    epilog="Exit codes: 0 done; 2 usage; 3 some photos failed; 4 no usable input; 5 weights missing or "
    "damaged; 6 output not writable or disk full; 7 device missing or out of memory; 130 interrupted.",
)
@click.version_option(__version__, prog_name="colorize")
def cli() -> None:
    """Colour old black-and-white photographs, several plausible ways each.

    PATHS are photos and folders of photos. `colorize album/ -n 5` writes five variants of every
    photo to album-colorized/, the most likely first. The photos themselves are never changed.
    """


@cli.command("run", short_help="Colour photos (the default command).")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-n",
    "--variants",
    default=5,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Different colourings of each photo.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Output folder.  [default: FOLDER-colorized for a folder, beside it for a file]",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=int,
    help="Another seed, other less likely variants.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps.")
@click.option(
    "--batch-size",
    type=click.IntRange(1),
    help="Photos to a model call.  [default: 8, 32 on a GPU]",
)
@click.option(
    "--format",
    "format",
    type=click.Choice([f.value for f in Format]),
    default=Format.SAME.value,
    show_default=True,
    help="File format of the pictures.",
)
@click.option(
    "--quality",
    default=92,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Of JPEG and WebP.",
)
@click.option(
    "--if-exists",
    type=click.Choice([c.value for c in IfExists]),
    default=IfExists.SKIP.value,
    show_default=True,
    help="When an output file is there already.",
)
@click.option(
    "--if-color",
    type=click.Choice([c.value for c in IfColor]),
    default=IfColor.SKIP.value,
    show_default=True,
    help="When a photo is in colour already.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Weights file of your own training.",
)
@click.option(
    "--max-mpixels",
    default=500.0,
    show_default=True,
    type=click.FloatRange(0.0, min_open=True),
    help="Refuse larger pictures, unread.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be written and stop.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more, with tracebacks of unexpected errors.")
def run_command(
    paths: tuple[Path, ...],
    dry_run: bool,
    quiet: bool,
    verbose: bool,
    format: str,
    if_exists: str,
    if_color: str,
    **options: Any,
) -> ExitCode:
    """Colour PATHS: photos, and folders of photos with everything below them."""
    from colorize_cli.planning import make_plan

    _set_up_logging(verbose)
    settings = RunSettings(
        paths,
        format=Format(format),
        if_exists=IfExists(if_exists),
        if_color=IfColor(if_color),
        **options,
    )
    plan = make_plan(settings)
    if dry_run:
        _show_plan(plan)
        return ExitCode.OK
    console = Console(stderr=True, quiet=quiet)
    if not plan.jobs:
        _say(console, f"Nothing to do: all {plan.already_done} photos have their variants already.")
        return ExitCode.OK
    return _color(plan, settings, console)


def _set_up_logging(verbose: bool) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("colorize_cli").setLevel(logging.DEBUG if verbose else logging.WARNING)
    # The decoders' own remarks about odd files; what matters of them is in our warnings and failures.
    logging.captureWarnings(True)
    for name in ("py.warnings", "PIL", "tifffile"):
        logging.getLogger(name).setLevel(logging.WARNING if verbose else logging.CRITICAL)


def _color(plan: Plan, settings: RunSettings, console: Console) -> ExitCode:
    _require_cv2()
    from colorize_cli.engine import Colorizer
    from colorize_cli.pipeline import Pipeline
    from colorize_cli.progress import show_progress

    colorizer = Colorizer.load(settings.weights, settings.device)
    pipeline = Pipeline(colorizer, settings)
    _show_start(console, colorizer, plan, settings, pipeline.batch_size)
    with show_progress(console, len(plan.jobs)) as progress:
        summary = pipeline.run(plan, progress)
    _show_end(console, summary)
    if not summary.failures:
        return ExitCode.OK
    # Failures are errors: they are named even under --quiet.
    for result in summary.failures[:_SHOWN]:
        click.echo(f"failed: {result.failure}", err=True)
    if len(summary.failures) > _SHOWN:
        click.echo(f"... and {len(summary.failures) - _SHOWN} more", err=True)
    nothing = not (summary.photos or summary.already_done or summary.left_out)
    return ExitCode.NO_USABLE_INPUT if nothing else ExitCode.SOME_INPUTS_FAILED


def _require_cv2() -> None:
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        raise ColorizeError(_CV2_HELP.format(error=error)) from error


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _show_plan(plan: Plan) -> None:
    for job in plan.jobs:
        for output in job.outputs:
            click.echo(f"{click.format_filename(job.source)} -> {click.format_filename(output.path)}")
    pictures = sum(len(job.outputs) for job in plan.jobs)
    click.echo(
        f"{len(plan.jobs)} photos, {pictures} pictures to write; {plan.already_done} photos are done.",
        err=True,
    )


def _show_start(
    console: Console, colorizer: Colorizer, plan: Plan, settings: RunSettings, batch_size: int
) -> None:
    info = colorizer.info
    _say(
        console,
        f"{len(plan.jobs)} photos, {settings.variants} variants each; weights {info.name} "
        f"({info.sha256[:12]}), device {colorizer.device}, batch size {batch_size}.",
    )


def _show_end(console: Console, summary: Summary) -> None:
    rate = summary.photos / max(summary.seconds, 1e-9)
    _say(
        console,
        f"{summary.pictures} pictures of {summary.photos} photos in {summary.seconds:.1f} s "
        f"({rate:.1f} photos/s); {summary.already_done} done before, {len(summary.left_out)} left out, "
        f"{len(summary.failures)} failed.",
    )
    for result in summary.warned:
        for warning in result.warnings:
            _say(console, f"warning: {result.job.source}: {warning}")


def run_guarded(command: click.Command, name: str, arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code; the one place where errors become codes and text."""
    try:
        result = command.main(args=arguments, prog_name=name, standalone_mode=False)
    except ColorizeError as error:
        click.echo(f"{name}: {error}", err=True)
        return int(error.exit_code)
    except click.ClickException as error:
        error.show()
        return int(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{name}: interrupted. The same command goes on where this one stopped.", err=True)
        return int(ExitCode.INTERRUPTED)
    except Exception as error:
        logging.getLogger(__name__).debug("unexpected error", exc_info=True)
        kind = type(error).__name__
        click.echo(f"{name}: unexpected {kind}: {error}. Run again with -v for the details.", err=True)
        return int(ExitCode.INTERNAL_ERROR)
    return int(result or 0)


def main() -> None:
    """Entry point of the command `colorize`."""
    sys.exit(run_guarded(cli, "colorize"))
