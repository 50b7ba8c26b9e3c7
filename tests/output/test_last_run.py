import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorize_cli.hints.palette import Palette
from colorize_cli.image.encoding import Subsampling
from colorize_cli.image.formats import Format
from colorize_cli.output.last_run import note_last_run, read_last_run
from colorize_cli.settings import Hinting, RunSettings

SETTINGS = RunSettings(
    variants=7,
    seed=-4,
    diversity=0.25,
    detail=320,
    hints=Hinting.SOFT,
    palette=Palette(((12.5, -3.25), (0.1, 0.2))),
    palette_strength=2.5,
    format=Format.TIFF,
    quality=80,
    chroma=Subsampling.FULL,
    lossless_luma=True,
    group="roll[0-9]+",
    uncertainty=True,
    max_mpixels=900.0,
)


def test_all_that_decides_a_picture_comes_back(tmp_path):
    note_last_run(str(tmp_path), SETTINGS, "abc")
    found = read_last_run(str(tmp_path))
    assert (found.weights, found.signed) == ("abc", False)
    assert {name: getattr(SETTINGS, name) for name in found.fields} == found.fields
    again = RunSettings(**found.fields)
    assert again.digest(Format.TIFF, "hints", "look") == SETTINGS.digest(Format.TIFF, "hints", "look")


def test_without_a_note_nothing_is_known(tmp_path):
    assert read_last_run(str(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


CHANGES = [
    ("variants", 0),
    ("variants", True),
    ("hints", "maybe"),
    ("palette", [[1]]),
    ("palette", []),
    ("seed", "1"),
]


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_one_edited_into_nonsense_is_none(tmp_path, name, value):
    note_last_run(str(tmp_path), SETTINGS, "abc")
    path = tmp_path / ".colorize/last-run"
    found = json.loads(path.read_text())
    found["settings"][name] = value
    path.write_text(json.dumps(found))
    assert read_last_run(str(tmp_path)) is None


@given(
    data=st.binary(max_size=40)
    | st.sampled_from([b"[" * 100000, b"null", b'{"v": 1}', b'{"v":2,"settings":{}}'])
)
def test_whatever_stands_there_is_no_fault(data, tmp_path_factory):
    root = tmp_path_factory.mktemp("out")
    (root / ".colorize").mkdir()
    (root / ".colorize/last-run").write_bytes(data)
    assert read_last_run(str(root)) is None


def test_a_link_there_leads_nowhere(tmp_path):
    (tmp_path / "out/.colorize").mkdir(parents=True)
    (tmp_path / "scan.jpg").write_bytes(b"scan")
    (tmp_path / "out/.colorize/last-run").symlink_to(tmp_path / "scan.jpg")
    assert read_last_run(str(tmp_path / "out")) is None
    note_last_run(str(tmp_path / "out"), SETTINGS, "abc")
    assert (tmp_path / "scan.jpg").read_bytes() == b"scan"
