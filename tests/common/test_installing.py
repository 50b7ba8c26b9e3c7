"""What messages tell people to type: nothing of it may fetch another package of a similar name."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from colorize_cli.common.installing import DISTRIBUTION, install_command

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(autouse=True)
def fresh():
    install_command.cache_clear()
    yield
    install_command.cache_clear()


def test_the_distribution_is_that_of_pyproject():
    assert PROJECT["name"] == DISTRIBUTION


@pytest.mark.parametrize("extra", ["heic", "lossless", "train", "tensorboard"])
def test_the_packages_of_an_extra_are_named(extra):
    command = install_command(extra)
    assert re.findall("'(.+?)'", command) == PROJECT["optional-dependencies"][extra]
    assert command.startswith("pip install ")


@pytest.mark.parametrize(
    ("receipt", "start"),
    [("uv-receipt.toml", "uv pip install --python "), ("pipx_metadata.json", "pipx inject colorize-photos ")],
)
def test_tools_with_environments_of_their_own_have_their_own_commands(monkeypatch, tmp_path, receipt, start):
    (tmp_path / receipt).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert install_command("heic").startswith(start) and "'pi-heif>=" in install_command("heic")


def test_without_an_installation_the_clone_is_named(monkeypatch):
    monkeypatch.setattr("colorize_cli.common.installing.DISTRIBUTION", "no-such-package-is-installed")
    assert install_command("heic") == "pip install '.[heic]' in the clone"


def test_no_message_names_the_package_of_another_project():
    """`colorize-cli` on PyPI highlights text; pictures keep the name in their provenance's namespace."""
    wrong = re.compile(r"(?:install|inject)[^\n]*colorize-cli|colorize-cli\[")
    places = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "pyproject.toml"]
    places += [*(ROOT / "colorize_cli").rglob("*.py"), *(ROOT / "training").rglob("*.py")]
    assert [str(p) for p in places if p.name != "history.md" and wrong.search(p.read_text())] == []
