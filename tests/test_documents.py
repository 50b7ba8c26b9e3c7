"""The README keeps its promises: its flags exist, its exit codes are the ones in use."""

import re
from pathlib import Path

import click
import pytest

from colorize_cli.cli import cli
from colorize_cli.errors import ExitCode
from colorize_training.cli import cli as train_cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def flags(group):
    commands = [group, *group.commands.values()]
    options = [p for c in commands for p in c.params if isinstance(p, click.Option)]
    return {flag for option in options for flag in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/training.md",
        "docs/results.md",
        "docs/paper.md",
        "docs/archive.md",
        "pretrained/README.md",
    ],
)
def test_every_flag_that_is_named_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    ours = "\n".join(line for line in text.splitlines() if "pip" not in line and "apt-get" not in line)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours))
    assert named <= flags(cli) | flags(train_cli) | {"--help", "--version", "--nproc-per-node"}


def test_every_exit_code_is_documented():
    sentence = README[README.index("Exit codes:") :].split("\n\n")[0]
    documented = {int(number) for number in re.findall(r"(?<!\d)(\d+)(?= )", sentence)}
    assert documented == {int(code) for code in ExitCode} - {ExitCode.INTERNAL_ERROR}


def test_the_gate_runs_what_the_readme_says():
    assert "README.md" in (ROOT / ".ci/run").read_text()
    assert README.count("<!-- test command -->") == 1


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []


def test_every_promise_names_a_test_that_exists():
    text = (ROOT / "docs/archive.md").read_text()
    named = re.findall(r"`((?:\w+/)*(?:test_\w+|conftest)\.py)(?:::(\w+))?`", text)
    assert len(named) > 15
    for path, function in named:
        code = (ROOT / "tests" / path).read_text()
        assert not function or f"def {function}(" in code
