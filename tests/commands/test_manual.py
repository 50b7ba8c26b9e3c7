"""The manual pages are what the commands say of themselves, whole, and good roff."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.commands.manual.pages import manual
from colorize_cli.commands.manual.roff import prose
from colorize_cli.commands.options import HEADINGS
from colorize_cli.errors import ExitCode
from tests.documents.test_commands import flags

SHIPPED = Path(__file__).parents[2] / "docs/man"
PAGES = manual(cli)
COMMANDS = [(name, command) for name, command in cli.commands.items() if name != "run"]


def rendered(page):
    if not shutil.which("mandoc"):
        pytest.skip("needs mandoc")
    command = ["mandoc", "-T", "ascii", "-O", "width=78"]
    done = subprocess.run(command, input=PAGES[page], capture_output=True, text=True, check=True)
    return re.sub(r".\x08", "", done.stdout)  # bold and underlined letters are printed over each other


def test_the_pages_that_are_shipped_say_what_the_commands_say_now():
    shipped = {path.name: path.read_text(encoding="ascii") for path in SHIPPED.iterdir()}
    assert shipped == PAGES, "make man"


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_good_roff(page):
    if not shutil.which("mandoc"):
        pytest.skip("needs mandoc")
    done = subprocess.run(["mandoc", "-T", "lint"], input=PAGES[page], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(("name", "command"), [("run", cli.commands["run"]), *COMMANDS])
def test_a_page_has_every_option_every_exit_code_and_every_example(name, command):
    text = rendered("colorize.1" if name == "run" else f"colorize-{name}.1")
    missing = {flag for flag in flags(command) if not re.search(rf"(?<![\w-]){flag}(?![\w-])", text)}
    assert missing == set()
    assert all(f" {int(code)} " in text and code.meaning in text for code in ExitCode)
    assert all(example in text for example, _ in command.examples)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_the_sections_that_people_look_for(page):
    found = re.findall(r"^\.SH (.*)$", PAGES[page], re.M)
    whole = "NAME|SYNOPSIS|DESCRIPTION|COMMANDS|OPTIONS|ENVIRONMENT|FILES|EXIT STATUS|EXAMPLES|SEE ALSO"
    assert [section for section in whole.split("|") if section in found] == found
    assert {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES"} <= set(found)


def test_the_page_of_the_tool_leads_to_every_command():
    text = rendered("colorize.1")
    assert all(f"colorize-{name}(1)" in re.sub(r"\s+", "", text) for name, _ in COMMANDS)


def test_every_option_of_a_run_stands_under_a_heading():
    placed = [name for names in HEADINGS.values() for name in names]
    options = {
        param.name
        for name in ("run", "watch", "preview")
        for param in cli.commands[name].params
        if isinstance(param, click.Option)
    }
    assert (sorted(placed), len(placed)) == (sorted(options | {"help"}), len(set(placed)))


@pytest.mark.parametrize(("name", "command"), [("run", cli.commands["run"]), *COMMANDS])
def test_examples_give_options_that_there_are(name, command):
    assert command.examples
    for example, _ in command.examples:
        own = example.split("|")[-1].split()
        assert own[0] == "colorize"
        given = {word for word in own if word.startswith("-") and word != "-"}
        assert given <= flags(command) | flags(cli.commands["run"])


def test_what_roff_would_take_for_something_else_is_escaped():
    assert prose(".hidden 'quoted' C:\\x ~ … `--dry-run`") == [
        r"\&.hidden \(aqquoted\(aq C:\(rsx \(ti \[u2026] \fB\-\-dry\-run\fR"
    ]


def test_help_shows_the_page_in_a_terminal(tmp_path, monkeypatch, capsys):
    man = tmp_path / "man"
    man.write_text(f"#!/bin/sh\ncp $1 {tmp_path}/shown\n")
    man.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run_guarded(cli, "colorize", ["help", "verify"]) == ExitCode.OK
    assert (tmp_path / "shown").read_text() == PAGES["colorize-verify.1"]


@pytest.mark.parametrize("words", [[], ["verify"], ["to-gray"]])
def test_help_in_a_pipe_is_that_of_the_command(words, capsys):
    run_guarded(cli, "colorize", [*words, "--help"])
    expected = capsys.readouterr().out
    assert run_guarded(cli, "colorize", ["help", *words]) == ExitCode.OK
    assert capsys.readouterr().out.strip() == expected.strip()


def test_help_for_a_mistyped_command_names_the_nearest(capsys):
    assert run_guarded(cli, "colorize", ["help", "verfiy"]) == ExitCode.USAGE
    assert "Did you mean verify?" in capsys.readouterr().err


def test_help_writes_all_pages_where_it_is_told_to(tmp_path):
    assert run_guarded(cli, "colorize", ["help", "--write", str(tmp_path / "man1")]) == ExitCode.OK
    assert {path.name: path.read_text() for path in (tmp_path / "man1").iterdir()} == PAGES
