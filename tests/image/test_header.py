import zlib

import cv2
import pytest
from PIL import Image

from colorize_cli.image.header import pixels_of
from tests.conftest import grey_scene


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp", ".jp2"])
def test_the_header_says_how_many_pixels_there_are(tmp_path, suffix):
    cv2.imwrite(str(tmp_path / f"a{suffix}"), grey_scene(50, 70))
    assert pixels_of(tmp_path / f"a{suffix}") == 3500


def test_a_small_file_of_many_pixels_is_told_from_its_header(tmp_path):
    Image.new("1", (40_000, 12_000)).save(tmp_path / "flat.png")
    assert (tmp_path / "flat.png").stat().st_size < 1_000_000
    assert pixels_of(tmp_path / "flat.png") >= 480_000_000


def test_what_is_no_picture_is_guessed_from_its_size(tmp_path):
    (tmp_path / "a.jpg").write_bytes(zlib.compress(bytes(100)))
    assert 0 < pixels_of(tmp_path / "a.jpg") < 1000
    assert pixels_of(tmp_path / "gone.jpg") == 0
