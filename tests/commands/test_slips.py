import re
import subprocess
import sys

import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode


def said(capsys, *arguments):
    return run_guarded(cli, "colorize", list(arguments)), capsys.readouterr().err


def test_help_lists_every_command():
    done = subprocess.run([sys.executable, "-m", "colorize_cli", "--help"], capture_output=True, text=True)
    listed = re.search(r"\nCommands:\n(.*?)\n\n", done.stdout, re.DOTALL)
    assert [line.split()[0] for line in listed[1].splitlines()] == sorted(cli.commands)


def test_the_name_alone_shows_commands_and_examples_on_one_screen(capsys):
    code, text = said(capsys)
    assert (code, text.count("\n") <= 45) == (ExitCode.USAGE, True)
    assert all(f"\n  {name} " in text for name in cli.commands)
    assert "colorize album/ -n 5" in text and "colorize --help" in text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("verfiy", "verify"), ("galery", "gallery"), ("to_grey", "to-gray"), ("Pick", "pick")],
)
def test_a_mistyped_command_is_answered_with_the_nearest(typed, meant, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, text = said(capsys, typed, "--quick", "out")
    assert (code, f"Did you mean: colorize {meant}?" in text) == (ExitCode.USAGE, True)


def test_a_command_behind_options_is_no_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, text = said(capsys, "-n", "3", "verify", "out")
    assert (code, "verify is a command and comes first" in text) == (ExitCode.USAGE, True)


def test_a_folder_may_be_called_nearly_like_a_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "picks").mkdir()
    code, text = said(capsys, "picks")
    assert (code, "No photos" in text) == (ExitCode.NO_USABLE_INPUT, True)


def test_other_words_are_files_that_are_not_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert said(capsys, "scans")[0] == ExitCode.NO_USABLE_INPUT
