"""The packages that pyproject names are those that there are: an editable install would not tell."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import cv2

from tests.conftest import grey_scene

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


def pip(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pip", *map(str, arguments), "--no-index"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_wheel_installs_from_its_file_without_network_and_has_its_weights(tmp_path):
    source = tmp_path / "source"
    for name in ("colorize_cli", "pretrained", "training"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "docs/man", source / "docs/man")
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, source)
    shutil.rmtree(source)
    (wheel,) = tmp_path.glob("*.whl")
    pip("install", "--dry-run", wheel)  # the dependencies that it names are those that are here
    pip("install", "--no-deps", "--target", tmp_path / "site", wheel)
    cv2.imwrite(str(tmp_path / "a.jpg"), grey_scene(60, 80))
    code = "import colorize_cli.cli, colorize_pretrained as w; print(colorize_cli.__file__, w.__file__); "
    code += "colorize_cli.cli.main()"
    command = [sys.executable, "-c", code, "a.jpg", "-n", "1", "--device", "cpu"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"{tmp_path}/site/") == 2
    assert (tmp_path / "a.color-1.jpg").exists()
    pages = {path.name for path in (tmp_path / "site/share/man/man1").iterdir()}
    assert pages == {path.name for path in (ROOT / "docs/man").iterdir()}
