"""Whole runs with the weights that ship: on two of the example photographs, small."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from colorize_cli import Colorizer
from colorize_cli.cli import cli, run_guarded
from colorize_cli.engine.protocol import SampleOptions
from colorize_cli.engine.task import ColourTask, ViewSizes
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.view import view
from colorize_cli.image.reading import read_photo

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    for name in ("rocket", "grass"):
        grey = cv2.imread(str(EXAMPLES / f"{name}.jpg"), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(folder / f"{name}.png"), cv2.resize(grey, (240, 180), interpolation=cv2.INTER_AREA))
    arguments = [str(folder), "-n", "3", "-o", str(folder / "out"), "--device", "cpu"]
    assert run_guarded(cli, "colorize", arguments) == 0
    return folder


def read(path):
    return cv2.cvtColor(cv2.imread(str(path)).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)


@pytest.mark.parametrize("name", ["rocket", "grass"])
def test_luminance_is_that_of_the_scan(pictures, name):
    scan = read(pictures / f"{name}.png")[..., 0]
    for variant in (1, 2, 3):
        assert np.abs(read(pictures / f"out/{name}.color-{variant}.png")[..., 0] - scan).max() < 0.5


@pytest.mark.parametrize("name", ["rocket", "grass"])
def test_variants_are_coloured_and_differ(pictures, name):
    fields = [read(pictures / f"out/{name}.color-{v}.png")[..., 1:] for v in (1, 2, 3)]
    assert all(np.abs(field).mean() > 1.0 for field in fields)
    assert np.abs(fields[0] - fields[1]).mean() > 0.5


def test_the_python_api_gives_the_same_picture(pictures):
    ours = Colorizer.load(device="cpu").colorize(pictures / "grass.png", n=1)[0]
    written = cv2.imread(str(pictures / "out/grass.color-1.png"))[..., ::-1]
    assert np.abs(ours.astype(int) - written).max() <= 1


def test_no_blotch_shouts():
    colorizer = Colorizer.load(device="cpu")
    for path in sorted(EXAMPLES.glob("*.jpg")):
        task = ColourTask(Canvas(read_photo(path)), ViewSizes.of(colorizer))
        fields = task.variants(colorizer, SampleOptions(5)).fields[0]
        # True photographs, averaged to this size, stay below; cells that ran away went to 180.
        assert np.hypot(fields[:, 0], fields[:, 1]).max() < 150


def test_the_mixture_sees_the_photo():
    colorizer = Colorizer.load(device="cpu")
    lumas = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(EXAMPLES.glob("*.jpg"))]
    views = np.stack([view(luma, colorizer.view_size) for luma in lumas])
    means = [colorizer.look(one[None]).mu for one in views]
    # 0 in the weights of before its layers had norms: all photos had one mixture.
    assert np.std(means, axis=0).mean() > 0.05
