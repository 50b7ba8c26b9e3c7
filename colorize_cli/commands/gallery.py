"""`colorize gallery OUT`: a page on which variants are looked at and chosen."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.files import GALLERY, PICKS
from colorize_cli.commands.paths import LocalPath
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode, NoInputError

if TYPE_CHECKING:
    from rich.console import Console

    from colorize_cli.gallery.building import Gallery
    from colorize_cli.run.events import Event, GalleryEvent


@click.command(
    "gallery",
    cls=DocumentedCommand,
    short_help="Look at variants and choose, in a browser.",
    examples=(
        ("colorize gallery album-colorized/", "Write the page, which needs no network, and print its name."),
        (
            "colorize gallery album-colorized/ --serve",
            "Serve it here; choices are saved at once.",
        ),
    ),
    files=(GALLERY, PICKS),
)
@click.argument("folder", metavar="OUT", type=LocalPath(exists=True, file_okay=False))
@click.option(
    "--serve", is_flag=True, help="Serve the page on this computer; picks are saved as they are made."
)
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Port of --serve.  [default: a free one]"
)
@click.option(
    "--open/--no-open",
    "opened",
    default=None,
    help="Open the browser.  [default: with --serve, on a desktop]",
)
@click.option("-q", "--quiet", is_flag=True, help="Print the address alone.")
def gallery_command(folder: Path, serve: bool, port: int, opened: bool | None, quiet: bool) -> ExitCode:
    """Write OUT/gallery.html, with all photos of OUT and its sub-folders beside their variants.

    The page needs no network. Choices stay in the browser until they are exported as picks.json; with
    --serve they are saved to OUT/picks.json at once. `colorize pick OUT` then keeps what was chosen.
    """
    from rich.console import Console

    console = Console(stderr=True, quiet=quiet)
    gallery = written_gallery(folder, console)
    variants = sum(len(photo.variants) for photo in gallery.photos)
    console.print(f"{len(gallery.photos)} photos, {variants} variants.", highlight=False)
    if serve:
        return _serve(gallery, port, opened, console)
    click.echo(printable(str(gallery.path)))
    if opened:
        click.launch(str(gallery.path.resolve()))
    return ExitCode.OK


def written_gallery(root: Path, console: Console) -> Gallery:
    """Build and write the gallery of an output folder, with a bar while thumbnails are made."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from colorize_cli.gallery.building import build

    columns = (TextColumn("thumbnails"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        gallery = build(root, lambda total: bar.update(task, total=total), lambda: bar.advance(task))
    gallery.write()
    return gallery


class GalleryListener:
    """Writes the galleries of a run's output folders at its end."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, event: Event) -> Iterator[GalleryEvent]:
        """The page of each folder that has pictures; none after an interruption."""
        from colorize_cli.gallery.building import require_place
        from colorize_cli.run.events import FinishEvent, GalleryEvent, PlanEvent

        if isinstance(event, PlanEvent):  # not only after hours of work
            for root in event.plan.manifests:
                require_place(Path(root))
        if not isinstance(event, FinishEvent) or event.summary.interrupted:
            return
        for root, manifest in event.plan.manifests.items():
            if event.summary.pictures or manifest:
                try:
                    yield GalleryEvent(written_gallery(Path(root), self._console).path)
                except NoInputError as error:
                    yield GalleryEvent(None, str(error))


def _serve(gallery: Gallery, port: int, opened: bool | None, console: Console) -> ExitCode:
    from colorize_cli.gallery.serving import serve

    server = serve(gallery, port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    click.echo(server.url)
    console.print("Picks are saved as you make them. Ctrl-C ends it.", highlight=False)
    if _on_a_desktop() if opened is None else opened:
        click.launch(server.url)
    try:
        server.run()
    except KeyboardInterrupt:
        console.print()
        console.print(
            printable(f"Keep what was chosen: colorize pick {gallery.root}"),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    return ExitCode.OK


def _on_a_desktop() -> bool:
    """Whether a browser would open beside this terminal, not in it."""
    if not sys.stderr.isatty() or "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
