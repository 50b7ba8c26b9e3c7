"""Errors to exit codes and text: the one place for every command line of the project."""

from __future__ import annotations

import logging

import click

from colorize_cli.errors import ColorizeError, ExitCode


def run_guarded(command: click.Command, name: str, arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    try:
        result = command.main(args=arguments, prog_name=name, standalone_mode=False)
    except ColorizeError as error:
        click.echo(f"{name}: {error}", err=True)
        return int(error.exit_code)
    except click.ClickException as error:
        error.show()
        return int(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{name}: interrupted. The same command goes on where this one stopped.", err=True)
        return int(ExitCode.INTERRUPTED)
    except Exception as error:
        logging.getLogger(__name__).debug("unexpected error", exc_info=True)
        kind = type(error).__name__
        click.echo(f"{name}: unexpected {kind}: {error}. Run again with -v for the details.", err=True)
        return int(ExitCode.INTERNAL_ERROR)
    return int(result or 0)
