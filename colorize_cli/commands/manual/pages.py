"""From the commands to their manual pages: the same words as their help, in the sections people look for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc

import click

from colorize_cli import RELEASED, __version__
from colorize_cli.commands.documented import OTHERS, USAGES, DocumentedCommand, Rows
from colorize_cli.commands.manual.roff import bold, escaped, italic, lines, paragraphs, prose, tagged
from colorize_cli.commands.options import config_keys
from colorize_cli.errors import ExitCode

TOOL = "colorize"
_FIRST_LINE = r'.\" Made of the help of the commands by "make man"; changes made here would be lost.'
_ENVIRONMENT: Rows = (
    ("XDG_CONFIG_HOME", "Folder of config files, instead of ~/.config; on Windows it is APPDATA."),
    ("NO_COLOR", "If it is set, what is said on a terminal has no colours."),
)


@dataclass(frozen=True)
class _Subject:
    """What a page is about: a command, or the tool, whose options are those of its default command."""

    command: DocumentedCommand
    context: click.Context
    name: str  # colorize-verify
    summary: str
    usages: tuple[str, ...]
    text: str
    commands: tuple[str, ...]  # the others, which stand on the tool's page


def manual(group: click.Group) -> dict[str, str]:
    """The manual pages of the tool and its commands, by file name."""
    return {f"{subject.name}.1": _page(subject, group) for subject in _subjects(group)}


def _subjects(group: click.Group) -> Iterator[_Subject]:
    top = click.Context(group, info_name=TOOL, **group.context_settings)
    for name, command in group.commands.items():
        assert isinstance(command, DocumentedCommand)
        context = click.Context(command, info_name=name, parent=top, **command.context_settings)
        if name == "run":
            others = tuple(sorted(set(group.commands) - {"run"}))
            text = cleandoc(str(group.help))
            yield _Subject(command, context, TOOL, text.split("\n")[0], USAGES, text, others)
        else:
            usage = " ".join(command.collect_usage_pieces(context))
            summary, text = str(command.short_help), cleandoc(str(command.help))
            yield _Subject(command, context, f"{TOOL}-{name}", summary, (usage,), text, ())


def _page(subject: _Subject, group: click.Group) -> str:
    typed = TOOL if subject.commands else subject.context.command_path
    title = escaped(subject.name.upper())
    found = [
        _FIRST_LINE,
        f'.TH {title} 1 "{RELEASED}" "{TOOL} {__version__}" "{TOOL} manual"',
        ".SH NAME",
        *lines(rf"{escaped(subject.name)} \- {escaped(_phrase(subject.summary))}"),
        ".SH SYNOPSIS",
    ]
    for n, usage in enumerate(subject.usages):
        found += [".br"] * bool(n) + lines(f"{bold(typed)} {_usage(usage)}")
    found += [".SH DESCRIPTION", *paragraphs(subject.text)]
    if subject.commands:
        rows = [(name, str(group.commands[name].short_help)) for name in subject.commands]
        found += [".SH COMMANDS", *tagged((bold(name), what) for name, what in rows)]
        found += [".PP", *lines(f"{bold(f'{TOOL} help')} {italic('COMMAND')} shows the page of a command.")]
    found += [".SH OPTIONS", *_options(subject), *_environment(subject), *_files(subject)]
    found += [".SH EXIT STATUS", *tagged((bold(str(int(c))), f"{c.meaning}.") for c in ExitCode)]
    found += [".PP", "Any other code is a failure, too.", ".SH EXAMPLES"]
    for n, (example, what) in enumerate(subject.command.examples):
        found += [".PP"] * bool(n) + prose(what)
        found += [".PP", ".RS 4", ".nf", escaped(example), ".fi", ".RE"]
    return "\n".join([*found, ".SH SEE ALSO", *_see_also(subject, group)]) + "\n"


def _phrase(sentence: str) -> str:
    """A sentence as the phrase that indexes of manual pages show."""
    return sentence[0].lower() + sentence[1:].rstrip(".")


def _usage(text: str) -> str:
    """Placeholders are italic, their brackets are not."""
    return re.sub(r"[A-Z_]+|[^A-Z_]+", lambda m: italic(m[0]) if m[0].isupper() else escaped(m[0]), text)


def _options(subject: _Subject) -> Iterator[str]:
    sections = subject.command.sections(subject.context)
    for heading, records in sections.items():
        if heading != OTHERS or len(sections) > 1:
            yield f".SS {escaped(heading)}"
        yield from tagged((_flags(flags), what) for flags, what in records)


def _flags(record: str) -> str:
    """`-n, --variants RANGE` with its flags bold, and what is put for something else italic."""
    parts = re.findall(r"--?[\w-]+|[^\s,/]+(?: [A-Z]+)*|[\s,/]+", record)
    return "".join(
        bold(part) if part.startswith("-") else italic(part) if part.strip(" ,/") else escaped(part)
        for part in parts
    )


def _environment(subject: _Subject) -> list[str]:
    """The variables that stand for options, all by name, since some differ from their flags."""
    prefix = subject.command.context_settings.get("auto_envvar_prefix")
    if prefix is None:
        return []
    names = sorted(config_keys([subject.command]))
    found = [".SH ENVIRONMENT"]
    found += prose(
        "Every option can be set by a variable, which counts before the config file and after the command "
        f"line: `{prefix}_VARIANTS=3`. In the config file it has the same name without {prefix}_, in small "
        "letters: `variants = 3`. The variables are"
    )
    found += lines(", ".join(f"{bold(f'{prefix}_{name.upper()}')}" for name in names) + ".")
    return found + tagged((bold(name), what) for name, what in _ENVIRONMENT)


def _files(subject: _Subject) -> list[str]:
    rows = [(italic(name), what) for name, what in subject.command.files]
    return [".SH FILES", *tagged(rows)] if rows else []


def _see_also(subject: _Subject, group: click.Group) -> list[str]:
    pages = [TOOL, *(f"{TOOL}-{name}" for name in sorted(group.commands) if name != "run")]
    return lines(", ".join(f"{bold(page)}(1)" for page in pages if page != subject.name))
