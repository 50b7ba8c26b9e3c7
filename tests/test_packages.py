"""The packages that pyproject names are those that there are: an editable install would not tell."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACES = {"colorize_pretrained": "pretrained", "colorize_training": "training"}


def test_every_package_is_installed():
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = []
    for name in ("colorize_cli", *PLACES):
        top = ROOT / PLACES.get(name, name)
        folders = (file.parent.relative_to(top) for file in top.rglob("__init__.py"))
        found += [".".join((name, *folder.parts)) for folder in folders]
    assert sorted(named) == sorted(found)
