import cv2
import numpy as np
import pytest

from colorize_cli.hints.dots import hints_in_dots
from colorize_cli.hints.hint import ab_of


def png(*discs, size=(100, 200)):
    """Discs (x, y, radius, BGR) on a transparent ground."""
    picture = np.zeros((*size, 4), np.uint8)
    for x, y, radius, bgr in discs:
        cv2.circle(picture, (x, y), radius, (*bgr, 255), -1)
    return cv2.imencode(".png", picture)[1].tobytes()


def test_each_dot_is_a_hint_of_its_colour_place_and_size():
    coat, sky = hints_in_dots(png((50, 20, 6, (32, 32, 138)), (150, 80, 3, (200, 120, 40))), 2000, 1000)
    assert (coat.x, coat.y, coat.radius) == pytest.approx((0.2525, 0.205, 0.033), abs=0.006)
    assert (coat.a, coat.b) == pytest.approx(ab_of("#8a2020"))
    assert sky.x == pytest.approx(0.7525)


def test_the_soft_edge_of_a_brush_does_not_count():
    dot = cv2.imdecode(np.frombuffer(png((50, 50, 10, (32, 32, 138))), np.uint8), cv2.IMREAD_UNCHANGED)
    soft = cv2.imencode(".png", cv2.GaussianBlur(dot, (0, 0), 2))[1].tobytes()
    (hint,) = hints_in_dots(soft, 200, 100)
    assert (hint.a, hint.b) == pytest.approx(ab_of("#8a2020"), abs=3)


def test_a_stroke_is_several_hints_on_it():
    stroke = np.zeros((100, 200, 4), np.uint8)
    cv2.polylines(stroke, [np.array([[20, 80], [100, 15], [180, 80]])], False, (32, 32, 138, 255), 5)
    hints = hints_in_dots(cv2.imencode(".png", stroke)[1].tobytes(), 200, 100)
    assert len(hints) == 8
    assert all(stroke[int(h.y * 100), int(h.x * 200), 3] for h in hints)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GIF89a", "is not a PNG"),
        (png((50, 50, 4, (0, 0, 255)))[:90], "cannot be read as a PNG"),
        (png(size=(100, 100)), "is 100 x 100 pixels, the photo upright 200 x 100"),
        (png((100, 50, 300, (0, 0, 255))), "no transparent ground"),
        (png((50, 50, 9, (0, 0, 255)), (60, 50, 9, (255, 0, 0))), "several colours"),
    ],
)
def test_what_is_wrong_is_said(data, said):
    with pytest.raises(ValueError, match=said):
        hints_in_dots(data, 200, 100)


def test_an_empty_layer_says_nothing():
    assert hints_in_dots(png(), 200, 100) == []
