"""`colorize merge OUT1 OUT2 -o OUT`: output folders become one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.files import OWN
from colorize_cli.common.printing import counted, printable
from colorize_cli.errors import ExitCode

if TYPE_CHECKING:
    from colorize_cli.output.merge import MergeResult

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command(
    "merge",
    cls=DocumentedCommand,
    short_help="Join output folders.",
    examples=(("colorize merge part-1/ part-2/ -o out/", "Join what two machines have coloured."),),
    files=(OWN,),
)
@click.argument("folders", metavar="OUT...", nargs=-1, required=True, type=_FOLDER)
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="Joined folder."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong.")
def merge_command(folders: tuple[Path, ...], output: Path, quiet: bool) -> ExitCode:
    """Copy the pictures of every OUT, and what is known of them, into one folder.

    Nothing there is written over: where two folders say different things of a photo, what was there first
    stays, the photo is named, and the exit code is 3. The same command goes on where it was stopped.
    """
    from colorize_cli.gallery.building import build, has_page
    from colorize_cli.output.lock import locked
    from colorize_cli.output.merge import merge
    from colorize_cli.output.review_list import has_review_list, write_review_list

    counts: Counter[str] = Counter()
    with locked([str(output)]):
        for one in merge(folders, output):
            _tell(one, counts)
        if any(has_review_list(str(folder)) for folder in (*folders, output)):
            write_review_list(str(output))
        if has_page(output):
            build(output).write()
    if not quiet:
        click.echo(
            f"{counted(counts['pictures'], 'picture')} of {counted(counts['merged'], 'photo')} merged; "
            f"{counts['there']} photos were there, {counts['conflict']} conflicts.",
            err=True,
        )
    return ExitCode.SOME_INPUTS_FAILED if counts["conflict"] else ExitCode.OK


def _tell(one: MergeResult, counts: Counter[str]) -> None:
    counts[one.state] += 1
    counts["pictures"] += one.pictures
    for problem in one.problems:
        click.echo(printable(f"conflict: {one.name}: {problem}."), err=True)
