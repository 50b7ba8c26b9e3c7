"""Whatever a program has of a photo, it is the same photo; what is none is told in words."""

import cv2
import numpy as np
import pytest
from PIL import Image

from colorize_cli.errors import PhotoError, UsageError
from colorize_cli.image.given import photo_of
from tests.conftest import grey_scene

GREY = grey_scene(40, 60)
PNG = cv2.imencode(".png", GREY)[1].tobytes()
RGB = np.repeat(GREY[..., None], 3, axis=2)
DEEP = GREY.astype(np.uint16) * 257


@pytest.mark.parametrize(
    "given",
    [
        PNG,
        bytearray(PNG),
        Image.fromarray(GREY),
        Image.fromarray(RGB),
        GREY,
        GREY[..., None],
        RGB,
        np.dstack([RGB, np.full_like(GREY, 128)]),
        np.asfortranarray(GREY),
    ],
)
def test_eight_bits_come_as_they_are(given):
    np.testing.assert_array_equal(photo_of(given).luma, GREY)


@pytest.mark.parametrize(
    "given",
    [
        DEEP,
        DEEP.astype(">u2"),
        np.dstack([DEEP] * 3),
        DEEP / 65535,
        (DEEP / 65535).astype(np.float32)[..., None],
        Image.fromarray(DEEP),
    ],
)
def test_more_bits_stay_sixteen(given):
    photo = photo_of(given)
    assert photo.luma.dtype == np.uint16
    np.testing.assert_allclose(photo.luma.astype(int), DEEP, atol=1)


def test_a_path_is_a_file(tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    for path in (tmp_path / "a.png", str(tmp_path / "a.png")):
        assert photo_of(path).digest == photo_of(PNG).digest


def test_transparency_and_black_and_white_are_kept():
    assert photo_of(np.dstack([GREY, GREY])).alpha is not None
    assert set(np.unique(photo_of(GREY > 100).luma)) == {0, 255}


def test_a_picture_of_pillow_is_turned_upright():
    image = Image.fromarray(GREY)
    exif = image.getexif()
    exif[0x0112] = 6
    image.info["exif"] = exif.tobytes()
    np.testing.assert_array_equal(photo_of(image).luma, np.rot90(GREY, -1))


def test_colour_is_known_as_colour():
    colours = np.zeros((40, 60, 3), np.uint8)
    colours[:20, :, 0], colours[20:, :, 2] = 200, 200
    assert photo_of(colours).chroma > photo_of(GREY).chroma == 0


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (None, UsageError, "NoneType is no picture; give a path"),
        (7, UsageError, "int is no picture"),
        ({}, UsageError, "dict is no picture"),
        ([[1, 2], [3]], PhotoError, "no picture"),
        ([[1, 2], [3, 4]], PhotoError, "make them uint8 or uint16"),
        (np.zeros((3, 40, 60), np.uint8), PhotoError, r"transpose\(1, 2, 0\)"),
        (np.zeros((2, 40, 60, 3), np.uint8), PhotoError, "shape"),
        (np.zeros((0, 60), np.uint8), PhotoError, "no pixels"),
        (np.full((40, 60), 200.0), PhotoError, "floats are to be from 0"),
        (np.full((40, 60), np.nan), PhotoError, "floats are to be from 0"),
        (b"no picture", PhotoError, "the bytes: not a kind of picture"),
        (b"", PhotoError, "the bytes"),
        ("nowhere.png", PhotoError, "not a file"),
    ],
)
def test_what_is_no_photo_is_told_with_what_to_do(given, error, said):
    with pytest.raises(error, match=said):
        photo_of(given)
