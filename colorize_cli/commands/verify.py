"""`colorize verify OUT`: is everything that a run has written still there and right?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.files import OWN
from colorize_cli.commands.paths import LocalPath
from colorize_cli.common.printing import counted, printable
from colorize_cli.errors import ExitCode, UsageError

_UNSEEN_SHOWN = 20


@click.command(
    "verify",
    cls=DocumentedCommand,
    short_help="Check the pictures of an output folder.",
    examples=(
        ("colorize verify album-colorized/", "Is everything there, unchanged, and of its scan?"),
        ("colorize verify out/ --scans /mnt/archive/scans", "The same where the scans have moved."),
    ),
    files=(OWN,),
)
@click.argument("folder", metavar="OUT", type=LocalPath(exists=True, file_okay=False))
@click.option(
    "--scans", type=LocalPath(exists=True, file_okay=False), help="Where the scans are now, if moved."
)
@click.option("--no-scans", is_flag=True, help="Pictures alone; do not look for their scans.")
@click.option("--quick", is_flag=True, help="Digests only; decode nothing.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for every picture, on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong.")
def verify_command(
    folder: Path, scans: Path | None, no_scans: bool, quick: bool, as_json: bool, quiet: bool
) -> ExitCode:
    """Check the pictures in OUT against the manifest that its runs have kept.

    Every picture is there as it was written, can be decoded, says that it was colorized, and has the
    luminance of its scan. Exit code 3 if something is off, or could not be looked at.
    """
    if scans is not None and (quick or no_scans):
        raise UsageError("--scans looks at the scans; leave out --quick and --no-scans.")
    from colorize_cli.output.verify import Scope, verify

    count = wrong = unseen = 0
    for checked in verify(folder, Scope(quick, scans, no_scans)):
        count, wrong = count + 1, wrong + bool(checked.problems)
        unseen += checked.unseen is not None
        if as_json:
            fields = {"path": str(checked.path), "problems": checked.problems, "unseen": checked.unseen}
            click.echo(json.dumps({"message_type": "picture", "schema": 1} | fields))
        for problem in checked.problems:
            click.echo(printable(f"{checked.path} {problem}"), err=True)
        if checked.unseen and unseen <= _UNSEEN_SHOWN:
            click.echo(printable(f"{checked.path} was not compared: {checked.unseen}"), err=True)
    if unseen:
        click.echo(_advice(unseen), err=True)
    if not quiet:
        click.echo(
            f"{counted(count, 'picture')}, {wrong} with something wrong, {unseen} not compared.", err=True
        )
    return ExitCode.SOME_INPUTS_FAILED if wrong or unseen else ExitCode.OK


def _advice(unseen: int) -> str:
    more = f"... and {unseen - _UNSEEN_SHOWN} more. " if unseen > _UNSEEN_SHOWN else ""
    return f"{more}--scans DIR says where the scans are now; --no-scans checks the pictures alone."
