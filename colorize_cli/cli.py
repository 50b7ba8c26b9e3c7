"""The command line: the group of its commands."""

from __future__ import annotations

import sys
from typing import IO, Any

import click
from click.shell_completion import CompletionItem

from colorize_cli import __version__
from colorize_cli.commands.certificate import test_certificate_command
from colorize_cli.commands.doctor import doctor_command
from colorize_cli.commands.documented import USAGES
from colorize_cli.commands.gallery import gallery_command
from colorize_cli.commands.guard import run_guarded
from colorize_cli.commands.help import help_command
from colorize_cli.commands.merge import merge_command
from colorize_cli.commands.pick import pick_command
from colorize_cli.commands.preview import preview_command
from colorize_cli.commands.run import run_command
from colorize_cli.commands.sidecars import sidecars_command
from colorize_cli.commands.slips import refuse_slips
from colorize_cli.commands.to_gray import to_gray_command
from colorize_cli.commands.verify import verify_command
from colorize_cli.commands.watch import watch_command
from colorize_cli.errors import ExitCode


class NoArguments(click.UsageError):
    """Help instead of an error, where only the name was typed."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the help alone."""
        click.echo(self.message, file=file, err=True)


class DefaultGroup(click.Group):
    """A group whose command `run` needs no name: `colorize folder/` is `colorize run folder/`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` in front unless a command, or help or version of the group, is asked for."""
        if not args and not ctx.resilient_parsing:  # completion parses nothing, too
            raise NoArguments(self.brief_help(ctx))
        own = {"--help", "-h", "--version"}
        if args and args[0] not in self.commands and args[0] not in own:
            refuse_slips(args[:1], self.commands)
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def brief_help(self, ctx: click.Context) -> str:
        """Help on one screen, for who types the name alone: without options."""
        formatter = ctx.make_formatter()
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_commands(ctx, formatter)
        self.commands["run"].format_epilog(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text("colorize --help shows the options.")
        return formatter.getvalue()

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands, and the options and paths of `run`, since they need no command before them."""
        run = self.commands["run"]
        own = click.Context(run, parent=ctx)
        found = [*super().shell_complete(ctx, incomplete), *run.shell_complete(own, incomplete)]
        if not incomplete.startswith("-"):
            for param in run.params:
                found += param.shell_complete(own, incomplete) if isinstance(param, click.Argument) else []
        return found

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Usage of the default command, which is what nearly everybody wants, then of the others."""
        for usage, prefix in zip(USAGES, (None, "   or: "), strict=True):
            formatter.write_usage(ctx.command_path, usage, prefix)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, and the options of `run`, since they need no command before them."""
        self.format_commands(ctx, formatter)
        run = self.commands["run"]
        run.format_options(click.Context(run, parent=ctx), formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples of `run`, and the exit codes of all commands."""
        self.commands["run"].format_epilog(ctx, formatter)
        super().format_epilog(ctx, formatter)


@click.group(
    cls=DefaultGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"Exit codes: {'; '.join(f'{int(code)} {code.meaning}' for code in ExitCode)}.",
)
@click.version_option(__version__, prog_name="colorize")
def cli() -> None:
    """Colour old black-and-white photographs, several plausible ways each.

    PATHS are photos and folders of photos. `colorize album/ -n 5` writes five variants of every
    photo to album-colorized/, the most likely first. The photos themselves are never changed.
    `colorize help COMMAND` tells of a command.
    """


for _command in (
    run_command,
    watch_command,
    preview_command,
    gallery_command,
    pick_command,
    verify_command,
    merge_command,
    to_gray_command,
    sidecars_command,
    doctor_command,
    help_command,
    test_certificate_command,
):
    cli.add_command(_command)


def main() -> None:
    """Entry point of the command `colorize`."""
    sys.exit(run_guarded(cli, "colorize"))
