"""`colorize sidecars OUT`: what pictures say of their making, in files beside them."""

from __future__ import annotations

from pathlib import Path

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.files import OWN
from colorize_cli.commands.paths import LocalPath
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode


@click.command(
    "sidecars",
    cls=DocumentedCommand,
    short_help="Write what pictures say of their making beside them.",
    examples=(
        ("colorize sidecars album-colorized/", "aunt.color-1.jpg gets aunt.color-1.jpg.xmp beside it."),
        ("colorize sidecars album-colorized/ --kind json", "The same for programs."),
    ),
    files=(OWN,),
)
@click.argument("folder", metavar="OUT", type=LocalPath(exists=True, file_okay=False))
@click.option(
    "--kind",
    type=click.Choice(["xmp", "json"]),
    default="xmp",
    show_default=True,
    help="The XMP packet of the picture, or its statements as JSON.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong.")
def sidecars_command(folder: Path, kind: str, quiet: bool) -> ExitCode:
    """Write a file beside every picture in OUT that says how it was made: version, weights, seed, scan.

    Every picture says the same inside; this is for systems that read only sidecars. Files of others in
    their places stay, are named, and make the exit code 3.
    """
    from colorize_cli.output.sidecars import SidecarKind, write_sidecars

    written = failed = 0
    for sidecar in write_sidecars(folder, SidecarKind(kind)):
        written, failed = written + (sidecar.problem is None), failed + (sidecar.problem is not None)
        if sidecar.problem is not None:
            click.echo(printable(f"failed: {sidecar.problem}"), err=True)
    if not quiet:
        click.echo(f"{written} sidecars written, {failed} failed.", err=True)
    return ExitCode.SOME_INPUTS_FAILED if failed else ExitCode.OK
