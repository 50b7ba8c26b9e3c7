"""`colorize test-certificate`: a certificate and key to try `--sign-with` with."""

from __future__ import annotations

import os
from pathlib import Path

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.paths import LocalPath
from colorize_cli.common.atomic import output_errors
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode

_FILES = ("test-certificate.pem", "test-key.pem")


@click.command(
    "test-certificate",
    cls=DocumentedCommand,
    short_help="Make a certificate to try --sign-with.",
    examples=(
        ("colorize test-certificate keys/", "Write a certificate and a key for trials into keys/."),
        (
            "colorize album/ --sign-with keys/test-certificate.pem --key keys/test-key.pem",
            "Sign pictures with them.",
        ),
    ),
)
@click.argument("folder", type=LocalPath(file_okay=False))
def test_certificate_command(folder: Path) -> ExitCode:
    """Write test-certificate.pem and test-key.pem into FOLDER.

    They name themselves as a test, nobody trusts them, and they are valid for a year. Pictures to be
    published are signed with a certificate from an authority of the C2PA's trust list.
    """
    from colorize_cli.image.certificates import trial_certificate

    contents = trial_certificate()
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in zip(_FILES, contents, strict=True):
            # A key that is in use is not written over, and nobody else reads the new one.
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
    certificate, key = (folder / name for name in _FILES)
    click.echo(printable(f"For trials: --sign-with {certificate} --key {key}"), err=True)
    return ExitCode.OK
