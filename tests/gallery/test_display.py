import io

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from colorize_cli.errors import PhotoError
from colorize_cli.gallery.display import browser_jpeg, screen_picture
from colorize_cli.image.icc.build import gamma_profile
from tests.conftest import colour_scene, grey_scene

GREY, RGB = grey_scene(60, 80), colour_scene()[..., ::-1]


def saved(path, picture, **options):
    Image.fromarray(np.ascontiguousarray(picture)).save(path, **options)
    return path


@pytest.mark.parametrize(
    ("name", "native"),
    [("a.jpg", True), ("a.png", True), ("a.webp", True), ("a.bmp", False), ("a.tif", False)],
)
@pytest.mark.parametrize("picture", [GREY, RGB])
def test_every_kind_is_shown_as_it_looks(tmp_path, name, native, picture):
    found = screen_picture(saved(tmp_path / name, picture, quality=95))
    assert found.native == native
    expected = picture if found.pixels.ndim == picture.ndim else np.repeat(picture[..., None], 3, axis=2)
    assert abs(found.pixels.astype(int) - expected).mean() < 6


def test_sixteen_bits_are_shown_in_eight(tmp_path):
    deep = GREY.astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", deep)
    np.testing.assert_array_equal(screen_picture(tmp_path / "a.tif").pixels, GREY)
    tifffile.imwrite(tmp_path / "c.tif", RGB.astype(np.uint16) * 257, photometric="rgb")
    np.testing.assert_array_equal(screen_picture(tmp_path / "c.tif").pixels, RGB)


def test_each_page_is_shown_for_itself(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for page in (RGB, RGB[::-1]):
            tiff.write(page, photometric="rgb", contiguous=False)
    np.testing.assert_array_equal(screen_picture(tmp_path / "a.tif", page=1).pixels, RGB[::-1])
    with pytest.raises(PhotoError):
        screen_picture(tmp_path / "a.tif", page=2)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_orientation_is_applied(tmp_path, name):
    exif = Image.Exif()
    exif[274] = 6
    assert screen_picture(saved(tmp_path / name, RGB, exif=exif)).pixels.shape[:2] == (80, 60)


def test_cmyk_becomes_something_that_a_browser_shows(tmp_path):
    Image.fromarray(RGB.copy()).convert("CMYK").save(tmp_path / "a.jpg")
    assert not screen_picture(tmp_path / "a.jpg", least=40).native


def test_a_profile_is_applied(tmp_path):
    path = saved(tmp_path / "a.png", GREY, icc_profile=gamma_profile(1.0))
    assert screen_picture(path).pixels.mean() > GREY.mean() + 20


def test_a_large_jpeg_is_decoded_small(tmp_path):
    path = saved(tmp_path / "a.jpg", cv2.resize(RGB.copy(), (1600, 1200)))
    assert screen_picture(path, least=400).pixels.shape == (300, 400, 3)
    assert screen_picture(path).pixels.shape == (1200, 1600, 3)


def test_a_picture_for_browsers_has_at_most_that_side():
    for pixels, mode in ((GREY, "L"), (RGB, "RGB")):
        with Image.open(io.BytesIO(browser_jpeg(pixels, 40, 80))) as image:
            assert (image.size, image.mode) == ((40, 30), mode)
    with Image.open(io.BytesIO(browser_jpeg(GREY, 4000, 80))) as image:
        assert image.size == (80, 60)


@pytest.mark.parametrize("data", [b"", b"nothing", b"\xff\xd8\xff nothing"])
def test_what_is_no_picture_is_an_error_of_that_file(tmp_path, data):
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(PhotoError, match=r"a\.jpg"):
        screen_picture(tmp_path / "a.jpg")
