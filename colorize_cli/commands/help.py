"""`colorize help [COMMAND]`: the manual page of a command, wherever it is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.paths import LocalPath
from colorize_cli.commands.slips import nearest
from colorize_cli.common.atomic import output_errors
from colorize_cli.errors import ExitCode, UsageError


@click.command(
    "help",
    cls=DocumentedCommand,
    short_help="Show the manual page of a command.",
    examples=(
        ("colorize help", "The page of colorize itself, with all options of a run."),
        ("colorize help verify", "The page of a command; the same as man colorize-verify."),
        ("colorize help --write ~/.local/share/man/man1", "Put all pages where man finds them."),
    ),
)
@click.argument("name", metavar="[COMMAND]", required=False)
@click.option("--write", type=LocalPath(file_okay=False), help="Write all pages into this folder instead.")
@click.pass_context
def help_command(context: click.Context, name: str | None, write: Path | None) -> ExitCode:
    """Show the manual page of colorize, or of one of its commands.

    Where there is no `man`, or where the text goes into a file, it is what --help says.
    """
    top = context.find_root()
    group = top.command
    assert isinstance(group, click.Group)
    if write is not None:
        return _write(group, write)
    if name is not None and name not in group.commands:
        near = nearest(name, group.commands)
        meant = f" Did you mean {near}?" if near else ""
        raise UsageError(f"There is no command {name}.{meant} colorize --help lists them.")
    if sys.stdout.isatty() and shutil.which("man") and _shown_by_man(group, name):
        return ExitCode.OK
    command = group if name is None else group.commands[name]
    own = top if name is None else click.Context(command, info_name=name, parent=top)
    click.echo_via_pager(command.get_help(own) + "\n")
    return ExitCode.OK


def _write(group: click.Group, folder: Path) -> ExitCode:
    from colorize_cli.commands.manual.pages import manual

    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in manual(group).items():
            (folder / name).write_text(page, encoding="ascii")
    return ExitCode.OK


def _shown_by_man(group: click.Group, name: str | None) -> bool:
    """Whether `man` has shown the page: of a file, since not every installer puts pages where it looks."""
    from colorize_cli.commands.manual.pages import TOOL, manual

    page = TOOL if name in (None, "run") else f"{TOOL}-{name}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{page}.1")
        path.write_text(manual(group)[path.name], encoding="ascii")
        return subprocess.run(["man", str(path)], check=False).returncode == 0
