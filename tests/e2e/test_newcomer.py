"""The README's road, walked by who has never seen the tool: its lines, in its order, one after the other."""

import re
import shlex
from pathlib import Path

import cv2
import pytest
import tifffile

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.output.picks import Choice, write_picks
from tests.conftest import grey_scene, originals_untouched
from tests.documents.reading import read

# Of textual_image.
pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")
USE = read("README.md").split("## Use")[1].split("From Python")[0]
LINES = re.findall(r"^ {4}(colorize .+?)\s*(?:#.*)?$", USE, re.M)
# A store, and what goes on until Ctrl-C: they have walks of their own.
ELSEWHERE = ("s3://", "watch", "--serve")


@pytest.fixture
def home(tmp_path, monkeypatch, tiny_weights, album):
    monkeypatch.chdir(tmp_path)
    for name, value in (("HOME", tmp_path), ("COLORIZE_WEIGHTS", tiny_weights), ("COLORIZE_DEVICE", "cpu")):
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for folder in ("scans", "more"):
        (tmp_path / folder).mkdir()
        cv2.imwrite(f"{folder}/house.tif", grey_scene(60, 80))
    cv2.imwrite("aunt.jpg", grey_scene(60, 80))
    tifffile.imwrite("house.tif", grey_scene(60, 80))
    return tmp_path


def walk(line):
    typed = shlex.split(line)[1:]
    found = [sorted(map(str, Path().glob(word))) if "*" in word else [word] for word in typed]
    return run_guarded(cli, "colorize", [word for words in found for word in words])


def test_every_line_of_the_readme_does_what_it_says(home, album, capsys):
    walked = [line for line in LINES if not any(word in line for word in ELSEWHERE)]
    assert len(walked) >= 11
    assert walk("colorize house.tif -n 1") == ExitCode.OK  # whose grey is asked for later
    with originals_untouched(home / "album"), originals_untouched(home / "scans"):
        for line in walked:
            if line.startswith("colorize pick"):
                write_picks(home / "album-colorized/picks.json", [Choice("aunt", variant=2)])
            assert walk(line) == ExitCode.OK, (line, capsys.readouterr().err)
    assert len([*home.glob("album-colorized/1912/crowd.color-*.jpg")]) == 5
    assert (home / "album-colorized/aunt.jpg").exists() and (home / "album-colorized/gallery.html").exists()
    assert (home / "out/scans/house.color-3.tif").exists() and (home / "aunt.color-5.jpg").exists()
    assert (home / "house.color-1.gray.tif").exists()
