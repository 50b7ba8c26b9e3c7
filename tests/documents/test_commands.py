"""Commands, flags, make targets and extras that documents, docstrings and comments name exist."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest

from colorize_cli.cli import cli
from colorize_training.cli import cli as train_cli

from . import reading
from .reading import CODE, DOCUMENTS, expect_nothing, read


def commands(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", found) for below, found in commands(command))


def flags(command: click.Command) -> set[str]:
    options = [p for p in command.params if isinstance(p, click.Option)]
    return {flag for option in options for flag in (*option.opts, *option.secondary_opts)} | {"-h", "--help"}


TOOLS = {
    **{f"colorize {name}": flags(command) for name, command in commands(cli)},
    **{f"colorize-train {name}": flags(command) for name, command in commands(train_cli)},
    "colorize": flags(cli) | flags(cli.commands["run"]) | {"--version"},
    "colorize-train": flags(train_cli) | {"--version"},
}
OF_BENCHMARKS = {flag for file in CODE for flag in re.findall(r'add_argument\(\s*"(--[\w-]+)"', read(file))}
# Of pip, pipx, uv, torchrun, Dask and docker, where documents say how to call them.
OTHERS = {
    "--build-arg",
    "--constraint",
    "--extra-index-url",
    "--find-links",
    "--gpus",
    "--network",
    "--no-deps",
    "--no-index",
    "--nproc-per-node",
    "--nthreads",
    "--nworkers",
    "--pip-args",
    "--requirement",
    "--torch-backend",
    "--user",
}


def missing_flags(name: str, text: str) -> Iterable[str]:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+[a-z]", text))
    return sorted(named - set().union(*TOOLS.values()) - OF_BENCHMARKS - OTHERS)


def test_every_flag_that_is_named_exists():
    expect_nothing(missing_flags)


def called(words: list[str]) -> str | None:
    """Which of our commands a line of a document calls."""
    tool = Path(words[0]).name
    known = (" ".join([tool, *words[1:n]]) for n in (3, 2, 1))
    return next((command for command in known if command in TOOLS), None)


def wrong_commands(name: str, text: str) -> Iterable[str]:
    for words in reading.command_lines(text):
        given = {word.split("=")[0] for word in words if re.match(r"--?[A-Za-z0]", word)}
        if (command := called(words)) and not given <= TOOLS[command]:
            yield f"{command} {' '.join(given - TOOLS[command])}"


def test_every_command_takes_the_flags_that_it_is_given():
    expect_nothing(wrong_commands, among=DOCUMENTS)
    assert sum(called(words) is not None for words in reading.command_lines(read("README.md"))) >= 12


def missing_targets(name: str, text: str) -> Iterable[str]:
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.M))
    for given in re.findall(r"`make ([^`]+)`|^ {4}make (.+)$", text, re.M):
        yield from sorted({word for word in "".join(given).split() if "=" not in word} - targets)


def test_every_make_target_exists():
    expect_nothing(missing_targets)


def missing_extras(name: str, text: str) -> Iterable[str]:
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    named = ",".join(re.findall(r"(?:colorize-photos|[\"' ]\.)\[([\w,]+)\]", text))
    return sorted(set(filter(None, named.split(","))) - set(extras))


def test_every_extra_exists():
    expect_nothing(missing_extras)


@pytest.mark.parametrize(
    ("check", "wrong", "right"),
    [
        (missing_flags, "give --nothing", "give --dry-run"),
        (wrong_commands, "    colorize gallery out --dry-run", "    colorize pick out --dry-run"),
        (
            wrong_commands,
            '    V="colorize-train vae"\n    $V --any-weight 1',
            "`colorize x \\\n  --json | jq`",
        ),
        (missing_targets, "`make setup nothing`", "`make setup TORCH=torch`"),
        (missing_extras, "pip install 'colorize-photos[nothing,heic]'", 'pip install ".[train]"'),
    ],
)
def test_what_is_missing_is_found(check, wrong, right):
    assert len(list(check("README.md", wrong))) == 1
    assert list(check("README.md", right)) == []
