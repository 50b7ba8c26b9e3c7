"""Errors to exit codes and text: the one place for every command line of the project."""

from __future__ import annotations

import errno
import io
import logging

import click
from click.core import ParameterSource

from colorize_cli.common.atomic import FULL
from colorize_cli.common.imports import help_with
from colorize_cli.common.printing import printable
from colorize_cli.errors import ColorizeError, ExitCode

CONFIG = "colorize.config"  # where a context notes the file that defaults come from
_DISK = (*FULL, errno.EIO, errno.EROFS)


def run_guarded(command: click.Command, name: str, arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    try:
        result = command.main(args=arguments, prog_name=name, standalone_mode=False)
    except ColorizeError as error:
        click.echo(printable(f"{name}: {error}"), err=True)
        return int(error.exit_code)
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        origin = _origin(error)
        text = said.getvalue().rstrip("\n") if origin is None else f"{name}: {origin}: {error.message}"
        click.echo(printable(text, lines=True), err=True)
        return int(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{name}: interrupted. The same command goes on where this one stopped.", err=True)
        return int(ExitCode.INTERRUPTED)
    except OSError as error:
        if error.errno not in _DISK:
            return _unexpected(name, error)
        # What is written names its file in an OutputError; this is for the rest.
        place = printable(str(error.filename or "the disk"))
        click.echo(f"{name}: {place}: {error.strerror}; free some space or check the disk.", err=True)
        return int(ExitCode.OUTPUT)
    except ImportError as error:
        logging.getLogger(__name__).debug("a package cannot be loaded", exc_info=True)
        click.echo(printable(f"{name}: {help_with(error)}"), err=True)
        return int(ExitCode.INTERNAL_ERROR)
    except Exception as error:
        return _unexpected(name, error)
    return int(result or 0)


def _origin(error: click.ClickException) -> str | None:
    """Where a wrong value stands that nobody has typed: in a config file or in the environment."""
    context, param = getattr(error, "ctx", None), getattr(error, "param", None)
    if not isinstance(context, click.Context) or param is None or param.name is None:
        return None
    match context.get_parameter_source(param.name):
        case ParameterSource.DEFAULT_MAP:
            return f"{context.meta.get(CONFIG, 'the config file')}: {param.name.replace('_', '-')}"
        case ParameterSource.ENVIRONMENT:
            own = param.envvar or f"{context.auto_envvar_prefix}_{param.name}".upper()
            return f"{own} in the environment"
    return None


def _unexpected(name: str, error: Exception) -> int:
    logging.getLogger(__name__).debug("unexpected error", exc_info=True)
    text = printable(f"{name}: unexpected {type(error).__name__}: {error}")
    click.echo(f"{text}. Run again with -v for the details.", err=True)
    return int(ExitCode.INTERNAL_ERROR)
