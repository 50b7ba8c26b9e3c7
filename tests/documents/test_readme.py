"""The README keeps its promises: its exit codes are the ones in use, its test command is the gate's."""

import re

from colorize_cli.errors import ExitCode

from .reading import read

README = read("README.md")


def test_every_exit_code_is_documented():
    sentence = README[README.index("Exit codes:") :].split("\n\n")[0]
    documented = {int(number) for number in re.findall(r"(?<!\d)(\d+)(?= )", sentence)}
    assert documented == {int(code) for code in ExitCode} - {ExitCode.INTERNAL_ERROR}
    words = " ".join(sentence.split())
    assert all(f"{int(code)} {ExitCode(code).meaning}" in words for code in documented)


def test_the_gate_runs_what_the_readme_says():
    assert "README.md" in read(".ci/run")
    assert README.count("<!-- test command -->") == 1
