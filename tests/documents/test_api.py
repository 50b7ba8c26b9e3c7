"""docs/api.md says what works: its lines run as they stand."""

import re

import cv2
import pytest

from tests.conftest import grey_scene

from .reading import read

BLOCKS = re.findall(r"^```python\n(.*?)^```", read("docs/api.md"), re.M | re.S)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "album").mkdir()
    for name in ("aunt.jpg", "album/boat.jpg"):
        cv2.imwrite(name, grey_scene(60, 80))
    return tmp_path


def test_its_lines_run_as_they_stand(place, capsys):
    names = {}
    for block in BLOCKS:
        exec(block, names)
    said = capsys.readouterr().out
    assert [len(names["pictures"]), len(names["drawn"].variants)] == [3, 2]
    assert (place / "out/boat.color-2.png").exists() and names["again"].summary.already_done == 1
    assert "n is 0; it is to be from 1 to 100." in said and "nowhere.jpg: not a file" in said
    assert said.endswith("True\n")


def test_no_block_is_long():
    assert len(BLOCKS) == 6 and all(block.count("\n") <= 11 for block in BLOCKS)
