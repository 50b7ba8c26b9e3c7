"""`colorize pick OUT`: the chosen variants get the plain names of their photos, the others are filed away."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.files import OTHERS, PICKS
from colorize_cli.commands.paths import LocalPath
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode, NoInputError

if TYPE_CHECKING:
    from colorize_cli.output.manifest import Manifest
    from colorize_cli.output.pick import PickResult
    from colorize_cli.output.picks import Choice

_OTHERS = ("move", "keep", "delete")


@click.command(
    "pick",
    cls=DocumentedCommand,
    short_help="Keep the variants that were chosen under plain names.",
    examples=(
        (
            "colorize pick album-colorized/",
            "Keep what was chosen; file the others away.",
        ),
        ("colorize pick album-colorized/ --undo", "Give all pictures their former names."),
    ),
    files=(PICKS, OTHERS),
)
@click.argument("folder", metavar="OUT", type=LocalPath(exists=True, file_okay=False))
@click.argument("picks", metavar="[PICKS]", required=False, type=LocalPath(dir_okay=False))
@click.option(
    "--others",
    type=click.Choice(_OTHERS),
    default="move",
    show_default=True,
    help="Variants that were not chosen: to OUT/other-variants, left where they are, or deleted.",
)
@click.option("--undo", is_flag=True, help="Give all pictures the names that the run gave them.")
@click.option("--dry-run", is_flag=True, help="Show what would be renamed and stop.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong.")
def pick_command(
    folder: Path, picks: Path | None, others: str, undo: bool, dry_run: bool, quiet: bool
) -> ExitCode:
    """Keep what was chosen in the gallery of OUT, from PICKS or OUT/picks.json.

    photo.color-2.jpg becomes photo.jpg, and photo's other variants go to OUT/other-variants. Nothing is
    written over, later picks can choose another variant, and runs leave photos alone that were picked.
    """
    from colorize_cli.output.lock import locked
    from colorize_cli.output.manifest import Manifest
    from colorize_cli.output.pick import Others, pick

    _require_manifest(folder)
    with contextlib.nullcontext() if dry_run else locked([str(folder)]):
        manifest = Manifest(str(folder))
        with contextlib.closing(manifest):
            choices = _choices(folder, picks, manifest, undo)
            filed = pick(folder, manifest, choices, Others(others), dry_run=dry_run)
            counts = _tell(filed, dry_run)
        if not dry_run:
            _refresh(folder, counts)
    if not quiet:
        click.echo(_summary(counts, dry_run), err=True)
    if not counts["failed"]:
        return ExitCode.OK
    return ExitCode.SOME_INPUTS_FAILED


def _require_manifest(folder: Path) -> None:
    from colorize_cli.output.manifest import NAME
    from colorize_cli.output.own_folder import OwnFolder
    from colorize_cli.output.segments import segments

    if not segments(OwnFolder(folder), NAME):
        raise NoInputError(f"{folder}: no pictures of colorize there. Name the folder that a run wrote to.")


def _choices(folder: Path, path: Path | None, manifest: Manifest, undo: bool) -> list[Choice]:
    """What is to be carried out; with `undo` the photos of a file, or all that were picked."""
    from colorize_cli.output.pick import picked
    from colorize_cli.output.picks import PICKS, read_picks

    if undo:
        named = None if path is None else read_picks(path)
        return [choice for choice in picked(manifest) if named is None or choice.photo in named]
    path = path or folder / PICKS
    if not path.exists():
        raise NoInputError(
            f"{path}: no picks there. Choose in the gallery first: colorize gallery --serve {folder}"
        )
    return list(read_picks(path).values())


def _tell(filed: Iterable[PickResult], dry_run: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in filed:
        counts[one.state] += 1
        if one.problem is not None:
            click.echo(printable(f"failed: {one.photo}: {one.problem}."), err=True)
        for source, target in one.moves if dry_run else ():
            click.echo(printable(f"{source} -> {target or 'deleted'}"))
    return counts


def _summary(counts: Counter[str], dry_run: bool) -> str:
    would = "would be " if dry_run else ""
    undone = f", {counts['undone']} {would}put back" if counts["undone"] else ""
    return (
        f"{counts['filed']} photos {would}filed{undone}; {counts['unchanged']} need no change, "
        f"{counts['failed']} failed."
    )


def _refresh(folder: Path, counts: Counter[str]) -> None:
    """A page and a list that are there have pictures under their new names."""
    from colorize_cli.gallery.building import build, has_page
    from colorize_cli.output.review_list import has_review_list, write_review_list

    if not counts["filed"] + counts["undone"]:
        return
    if has_page(folder):
        build(folder).write()
    if has_review_list(str(folder)):
        write_review_list(str(folder))
