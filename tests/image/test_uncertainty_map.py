import cv2
import numpy as np
import pytest

from colorize_cli.errors import OutputError
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.metadata.provenance import Provenance
from colorize_cli.image.reading import read_photo
from colorize_cli.image.uncertainty_map import write_map
from tests.conftest import grey_scene

MADE = Provenance("1.0", "photo", "f" * 64, 0, 0, "aunt.png", "a" * 64, page=3)


@pytest.fixture
def canvas(tmp_path):
    path = tmp_path / "aunt.png"
    cv2.imwrite(str(path), grey_scene(61, 90))
    return Canvas(read_photo(path))


def test_levels_are_thousandths_of_a_unit_at_the_size_of_the_photo(canvas, tmp_path):
    written = write_map(tmp_path / "map.png", canvas, np.full((16, 16), 7.25, np.float32), MADE)
    levels = cv2.imread(str(tmp_path / "map.png"), cv2.IMREAD_UNCHANGED)
    assert (levels.shape, levels.dtype) == ((61, 90), np.uint16)
    assert (levels == 7250).all()
    assert written.size == (tmp_path / "map.png").stat().st_size


def test_what_is_too_large_or_negative_is_cut(canvas, tmp_path):
    spread = np.zeros((16, 16), np.float32)
    spread[:8], spread[8:] = 99.0, -1.0
    write_map(tmp_path / "map.png", canvas, spread, MADE)
    levels = cv2.imread(str(tmp_path / "map.png"), cv2.IMREAD_UNCHANGED)
    assert (levels[0].min(), levels[-1].max()) == (65535, 0)


def test_a_map_says_what_it_is_and_of_which_photo(canvas, tmp_path):
    write_map(tmp_path / "map.png", canvas, np.ones((16, 16), np.float32), MADE)
    texts = dict(read_photo(tmp_path / "map.png").metadata.texts)
    assert "times 1000" in texts["Description"] and texts["Source"].startswith("aunt.png, page 3, sha256 aaa")


def test_a_map_never_replaces_a_file(canvas, tmp_path):
    (tmp_path / "map.png").touch()
    with pytest.raises(OutputError, match="File exists"):
        write_map(tmp_path / "map.png", canvas, np.ones((16, 16), np.float32), MADE)
