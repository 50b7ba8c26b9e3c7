"""`colorize verify OUT`: is everything that a run has written still there and right?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode


@click.command("verify", short_help="Check the pictures of an output folder.")
@click.argument("folder", metavar="OUT", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--quick", is_flag=True, help="Digests only; decode nothing.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for every picture, on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong.")
def verify_command(folder: Path, quick: bool, as_json: bool, quiet: bool) -> ExitCode:
    """Check the pictures in OUT against the manifest that its runs have kept.

    Every picture is there as it was written, can be decoded, says that it was colorized, and has the
    luminance of its scan. Exit code 3 if something is off.
    """
    from colorize_cli.output.verify import verify

    count = wrong = unseen = 0
    for checked in verify(folder, quick=quick):
        count, wrong = count + 1, wrong + bool(checked.problems)
        unseen += checked.unseen is not None
        if as_json:
            fields = {"path": str(checked.path), "problems": checked.problems, "unseen": checked.unseen}
            click.echo(json.dumps({"message_type": "picture", "schema": 1} | fields))
        for problem in checked.problems:
            click.echo(printable(f"{checked.path} {problem}"), err=True)
    if not quiet:
        beside = f"; {unseen} could not be compared with their scans" if unseen else ""
        click.echo(f"{count} pictures, {wrong} with something wrong{beside}.", err=True)
    return ExitCode.SOME_INPUTS_FAILED if wrong else ExitCode.OK
