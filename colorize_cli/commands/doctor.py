"""`colorize doctor`: does it work here, and what to paste into a report of a problem."""

from __future__ import annotations

from pathlib import Path

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.paths import LocalPath
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode

_WIDTH = 15


@click.command(
    "doctor",
    cls=DocumentedCommand,
    short_help="Try whether colorize works here; text for a report.",
    examples=(("colorize doctor", "Say what works here and what does not."),),
)
@click.option("--weights", type=LocalPath(dir_okay=False), help="Weights file of your own training.")
@click.option(
    "--device", default="auto", show_default=True, help="As in a run: auto, cpu, mps, cuda, cuda:1."
)
def doctor_command(weights: Path | None, device: str) -> ExitCode:
    """Look at versions, extras, formats, devices and weights, and colour a photo in memory.

    Nothing is written and nothing is sent. The text names no photo of yours; paste it into a report.
    The exit code is that of the first thing that is wrong.
    """
    from colorize_cli.run.doctor import examine

    faults = []
    for finding in examine(weights, device):
        mark = "WRONG: " if finding.fault else ""
        click.echo(printable(f"{finding.subject:{_WIDTH}} {mark}{finding.text}"))
        faults += [finding.fault] if finding.fault else []
    click.echo(f"{'':{_WIDTH}} {_summary(len(faults))}")
    return faults[0] if faults else ExitCode.OK


def _summary(faults: int) -> str:
    if not faults:
        return "Nothing is wrong."
    return "One thing is wrong." if faults == 1 else f"{faults} things are wrong."
