"""`colorize gallery OUT`: a page on which variants are looked at and chosen."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.effects import typed_options
from colorize_cli.commands.files import GALLERY, PICKS
from colorize_cli.commands.gallery_pages import written_gallery
from colorize_cli.commands.options import anew_options, config_option
from colorize_cli.commands.paths import LocalPath
from colorize_cli.commands.run import asked_of, usual_settings
from colorize_cli.common.printing import counted, printable
from colorize_cli.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from colorize_cli.gallery.building import Gallery
    from colorize_cli.gallery.serving import Server
    from colorize_cli.run.again import Again


@click.command(
    "gallery",
    cls=DocumentedCommand,
    short_help="Look at variants and choose, in a browser.",
    examples=(
        ("colorize gallery album-colorized/", "Write the page, which needs no network, and print its name."),
        (
            "colorize gallery album-colorized/ --serve",
            "Serve it here; choices are saved at once, and hints can be placed.",
        ),
    ),
    files=(GALLERY, PICKS),
    context_settings={"auto_envvar_prefix": "COLORIZE"},
)
@click.argument("folder", metavar="OUT", type=LocalPath(exists=True, file_okay=False))
@click.option(
    "--serve",
    is_flag=True,
    help="Serve the page on this computer: picks are saved as they are made, and hints can be placed.",
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
@anew_options
@config_option
@click.pass_context
def gallery_command(
    context: click.Context,
    /,
    folder: Path,
    serve: bool,
    port: int,
    opened: bool | None,
    quiet: bool,
    **options: Any,
) -> ExitCode:
    """Write OUT/gallery.html, with all photos of OUT and its sub-folders beside their variants.

    The page needs no network. Choices stay in the browser until they are exported as picks.json; with
    --serve they are saved to OUT/picks.json at once. `colorize pick OUT` then keeps what was chosen.

    With --serve, colours that are known can be placed on a photo: they are saved as hints beside the
    scan, and the photo is coloured anew, with the settings of the last run into OUT. --weights, --device
    and --precision are for that.
    """
    from rich.console import Console

    console = Console(stderr=True, quiet=quiet)
    gallery = written_gallery(folder, console)
    variants = sum(len(photo.variants) for photo in gallery.photos)
    console.print(
        f"{counted(len(gallery.photos), 'photo')}, {counted(variants, 'variant')}.", highlight=False
    )
    if serve:
        return _serve(gallery, port, opened, console, _colouring(context, folder, options))
    click.echo(printable(str(gallery.path)))
    if opened:
        click.launch(str(gallery.path.resolve()))
    return ExitCode.OK


def _colouring(context: click.Context, folder: Path, options: dict[str, Any]) -> Again:
    """Who colours photos of the folder anew, should hints be placed; nothing is loaded yet."""
    from colorize_cli.run.again import Again

    asked = asked_of(options)
    typed = typed_options(context)
    usual = replace(usual_settings(context, folder), **asked)
    return Again(folder, usual, {name: value for name, value in asked.items() if name in typed})


def _serve(gallery: Gallery, port: int, opened: bool | None, console: Console, colouring: Again) -> ExitCode:
    from colorize_cli.gallery.serving import serve

    server = serve(gallery, port, colouring)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    click.echo(server.url)
    console.print("Picks are saved as you make them. Ctrl-C ends it.", highlight=False)
    if _on_a_desktop() if opened is None else opened:
        click.launch(server.url)
    try:
        server.run()
    except KeyboardInterrupt:
        console.print()
        if server.is_colouring:
            console.print("The photo that is being coloured is finished first; Ctrl-C again stops at once.")
        _finish(server)
        colouring.close()
        console.print(
            printable(f"Keep what was chosen: colorize pick {gallery.root}"),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    return ExitCode.OK


def _finish(server: Server) -> None:
    try:
        server.finish()
    except KeyboardInterrupt:
        # As with the second Ctrl-C of a run nothing is cleaned up: the next one removes what is unfinished.
        os._exit(int(ExitCode.INTERRUPTED))


def _on_a_desktop() -> bool:
    """Whether a browser would open beside this terminal, not in it."""
    if not sys.stderr.isatty() or "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
