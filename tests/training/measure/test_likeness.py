"""`kid` and `feat` of features that are made up."""

import math

import numpy as np
import pytest

from colorize_training.measure.likeness import feature_figures, kernel_distances, kid_rows

RNG = np.random.default_rng(0)
TRUTH, GREY = RNG.random((60, 8)), RNG.random((60, 8)) + 0.5


def photos(*ranked):
    """Features of photos whose variants are these sets (P,d)."""
    return list(np.stack([TRUTH, GREY, *ranked], axis=1).astype(np.float32))


def kids(*ranked):
    return [row.figure for row in kid_rows(photos(*ranked)).values()]


def test_true_pictures_have_a_kid_of_zero_and_grey_ones_of_one():
    true, grey = kids(TRUTH, GREY)
    assert (true.value, true.low, true.high) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert (grey.value, grey.low, grey.high) == pytest.approx((1.0, 1.0, 1.0))


def test_a_set_that_is_nearer_has_less_and_its_interval_holds_it():
    near, far = kids(0.8 * TRUTH + 0.2 * GREY, 0.2 * TRUTH + 0.8 * GREY)
    assert 0.0 < near.value < far.value < 1.0
    assert near.low < near.value < near.high < 1.0


def test_the_distance_is_the_mean_over_pairs_of_photos_worked_out_one_by_one():
    x, y = TRUTH[:5], GREY[:5]

    def k(a, b):
        return (a @ b / 8 + 1) ** 3

    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    each = [k(x[i], x[j]) + k(y[i], y[j]) - k(x[i], y[j]) - k(x[j], y[i]) for i, j in pairs]
    assert kernel_distances(x, y, np.ones((1, 5))) == pytest.approx([np.mean(each)])


def test_photos_of_one_kind_have_no_distance_on_average_however_few_they_are():
    few = [
        kernel_distances(*np.random.default_rng(i).random((2, 4, 8)), np.ones((1, 4)))[0] for i in range(600)
    ]
    assert abs(np.mean(few)) < 4 * np.std(few) / math.sqrt(len(few))


def test_what_is_counted_twice_is_no_pair():
    x, y = TRUTH[:6], GREY[:6]
    twice = kernel_distances(x, y, np.array([[2.0, 2, 2, 0, 0, 0]]))
    assert twice == pytest.approx(kernel_distances(x[:3], y[:3], np.ones((1, 3))))


def test_many_photos_are_compared_in_parts(monkeypatch):
    whole = kernel_distances(TRUTH, GREY, np.ones((1, 60)))
    monkeypatch.setattr("colorize_training.measure.likeness._ROWS", 7)
    assert kernel_distances(TRUTH, GREY, np.ones((1, 60))) == pytest.approx(whole)


def test_one_photo_is_no_set():
    assert math.isnan(kid_rows(photos(TRUTH)[:1])["kid 1"].figure.value)


def test_feat_is_the_angle_to_the_same_true_photo():
    truth, grey, same, other = [1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [1.0, 1.0]
    found = feature_figures(np.array([truth, grey, same, other], np.float32))
    assert found == pytest.approx({"feat grey": 1.0, "feat 1": 0.0, "feat 2": 1 - math.sqrt(0.5)})
