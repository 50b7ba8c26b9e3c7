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


def test_every_first_road_takes_the_build_for_processors():
    roads = README.split("## Use")[0]
    pip, uv, pipx = (
        re.search(pattern, roads, re.M)
        for pattern in (
            r"pip install --no-deps -r requirements-cpu\.txt &&\n +\.venv/bin/pip install \. ",
            r"^ +uv tool install \. --torch-backend auto$",
            r"^ +pipx install \. --pip-args=\"--constraint \$PWD/requirements-cpu\.txt\"$",
        )
    )
    assert pip and uv and pipx
    pinned = read("requirements-cpu.txt")
    assert "--extra-index-url https://download.pytorch.org/whl/cpu\n" in pinned and "\ntorch==" in pinned
