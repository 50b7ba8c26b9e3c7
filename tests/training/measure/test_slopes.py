import cv2
import numpy as np
import pytest

from colorize_training.measure.report import rows
from colorize_training.measure.slopes import slope_figures


def picture(light, a):
    """(64,64,3) RGB of L and a, b = 0."""
    lab = np.stack([light, a, np.zeros_like(light)], axis=2).astype(np.float32)
    return np.rint(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255).astype(np.uint8)


LEFT = np.arange(64)[None].repeat(64, 0) < 32
LIGHT = np.where(LEFT, 40.0, 60.0)  # one upright edge
RAMP = np.linspace(-5.0, 5.0, 64)[:, None]
COLOUR = np.where(LEFT, -15.0, 15.0) + RAMP
TRUTH = picture(LIGHT, COLOUR)


def shares(made):
    found = rows([slope_figures([made], TRUTH)])
    assert list(found) == ["blotch 1", "edge 1"]
    return found["blotch 1"].figure.value, found["edge 1"].figure.value


def test_the_truth_itself_has_one_of_each():
    assert shares(TRUTH) == pytest.approx((1.0, 1.0))


def test_half_the_colour_is_half_of_both():
    assert shares(picture(LIGHT, COLOUR / 2)) == pytest.approx((0.5, 0.5), abs=0.1)


def test_colour_that_runs_over_an_edge_has_less_of_it():
    blotch, edge = shares(picture(LIGHT, cv2.GaussianBlur(COLOUR, (0, 0), 4.0)))
    assert edge < 0.7 and blotch > 1.3


def test_a_patch_that_no_edge_explains_is_a_blotch():
    patch = COLOUR.copy()
    patch[20:40, 45:60] -= 30.0
    blotch, edge = shares(picture(LIGHT, patch))
    assert blotch > 2.0 and edge == pytest.approx(1.0, abs=0.3)


def test_the_share_is_of_the_sums_over_photos():
    table = [{"blotch 1": 1.0, "blotch truth": 4.0}, {"blotch 1": 2.0, "blotch truth": 1.0}]
    assert rows(table)["blotch 1"].figure.value == pytest.approx(3.0 / 5.0)
