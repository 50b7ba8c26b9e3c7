from pathlib import Path

import numpy as np
import pytest

from colorize_cli.hints.apply import PhotoHints, hint_warnings
from colorize_cli.hints.hint import Hint, HintResult
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.photo import Metadata, Photo

GREY = np.zeros((1, 2, 16, 16), np.float32)


def canvas(luma):
    return Canvas(Photo(Path("a.png"), luma, None, "png", Metadata(), "aa", 0.0))


@pytest.fixture
def coat():
    """A dark square on lighter ground, 80 x 120."""
    luma = np.full((80, 120), 170, np.uint8)
    luma[20:60, 20:60] = 100
    return canvas(luma)


def at(canvas, fields, x, y):
    """ab delivered at a place, of variant 1."""
    full = canvas.upsampler(np.ascontiguousarray(np.moveaxis(fields[0], 0, -1)))
    return full[int(y * full.shape[0]), int(x * full.shape[1])]


def test_a_hint_is_met_on_its_thing_and_hardly_beyond(coat):
    touched = PhotoHints([Hint(0.33, 0.5, 40.0, 25.0)], coat).corrected(GREY)
    assert touched.left.max() < 3
    assert at(coat, touched.fields, 0.25, 0.6)[0] > 25
    assert abs(at(coat, touched.fields, 0.8, 0.5)[0]) < 4


def test_a_soft_hint_is_met_half_way(coat):
    touched = PhotoHints([Hint(0.33, 0.5, 40.0, 25.0)], coat).corrected(GREY, hard=False)
    assert 15 < touched.left.max() < 30


def test_what_is_right_already_is_left_alone(coat):
    fields = GREY + np.array([20.0, 10.0], np.float32)[None, :, None, None]
    touched = PhotoHints([Hint(0.7, 0.5, 20.0, 10.0)], coat).corrected(fields)
    np.testing.assert_allclose(at(coat, touched.fields, 0.1, 0.1), [20, 10], atol=1)


def test_hints_that_contradict_each_other_do_not_shout(coat):
    hints = [Hint(0.32, 0.5, 40.0, 0.0), Hint(0.34, 0.5, -40.0, 0.0)]
    assert np.abs(PhotoHints(hints, coat).corrected(GREY).fields).max() < 120


def test_the_nearest_colour_that_the_light_allows_counts():
    hinted = PhotoHints([Hint(0.5, 0.5, 60.0, 40.0)], canvas(np.full((40, 40), 20, np.uint8)))
    touched = hinted.corrected(GREY)
    (result,) = hinted.results(touched)
    assert result.lost > 30
    assert max(result.left) < 3
    assert "too dark or too light" in hint_warnings([result], hard=True)[0]


def test_warnings_say_which_hint_and_why():
    met, unmet = (HintResult("coat", 0.1, 0.2, 0.0, (1.0, left)) for left in (4.0, 9.0))
    assert hint_warnings([met, unmet], hard=False) == (
        "hint 2 (coat): not met, ΔE 9 away in the worst variant; --hints hard would meet it",
    )
    assert "nearby" in hint_warnings([unmet], hard=True)[0]


def test_spots_keep_the_form_of_a_disc_in_the_square_view(coat):
    (spot,) = PhotoHints([Hint(0.5, 0.5, 0.0, 0.0, 0.02)], coat).spots
    assert (spot.rx, spot.ry) == pytest.approx((0.02, 0.03))
