import numpy as np
import pytest

from colorize_cli.image.metadata.subject import turned_point, turned_subject
from colorize_cli.image.reading import upright


@pytest.mark.parametrize(
    ("orientation", "place"),
    [
        (2, (0.75, 0.3)),
        (4, (0.25, 0.7)),
        (5, (0.3, 0.25)),
        (6, (0.7, 0.25)),
        (7, (0.7, 0.75)),
        (8, (0.3, 0.75)),
    ],
)
def test_a_place_in_each_orientation(orientation, place):
    assert turned_point(0.25, 0.3, orientation) == pytest.approx(place)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_subject_stays_on_its_pixel(orientation):
    stored = np.zeros((40, 60), np.uint8)
    stored[29:32, 9:12] = 255
    picture = upright(stored, orientation)
    height, width = picture.shape[:2]
    x, y, w, h = turned_subject([10, 30, 8, 4], orientation, width, height)
    assert picture[y, x] == 255 and (w, h) == ((4, 8) if orientation >= 5 else (8, 4))


@pytest.mark.parametrize("values", [[], [1], [90, 10], [1, 2, 3, 4, 5]])
def test_what_is_no_place_in_the_picture_stays(values):
    assert turned_subject(values, 6, 40, 60) == values
