"""Each measure of colour against a value worked out by hand."""

import math

import numpy as np
import pytest

from colorize_training import metrics


def field(*pixels):
    """Pixels (a, b) in a row -> (1, n, 2) ab."""
    return np.array([pixels], np.float32)


def test_mae_averages_over_pixels_and_channels_in_units_of_128():
    truth = field((0, 0), (64, -64))
    assert metrics.mae(field((32, 0), (64, 0)), truth) == pytest.approx((32 + 64) / 4 / 128)
    variants = np.stack([truth, field((128, 128), (192, 64))])
    assert metrics.mae(variants, truth) == pytest.approx([0.0, 1.0])


def test_the_grid_is_eight_by_eight_points_in_the_middle_half():
    rows, columns = np.mgrid[0:64, 0:64]
    points = metrics.grid(np.stack([rows, columns], axis=2))
    assert points.shape == (8, 8, 2)
    assert points[:, 0, 0].tolist() == points[0, :, 1].tolist() == [18, 22, 26, 30, 34, 38, 42, 46]


def test_weighted_error_is_not_normalised():
    truth, prediction = field((0, 0), (0, 0)), field((64, 0), (0, -32))
    weights = np.array([[100.0, 2.0]], np.float32)
    # (100 * 0.5 + 2 * 0.25) over two pixels and two channels.
    assert metrics.weighted_mae(prediction, truth, weights) == pytest.approx((50 + 0.5) / 4)


def test_eob_takes_the_best_of_the_first_k_of_each_photo():
    errors = np.array([[0.3, 0.2, 0.1], [0.1, 0.4, 0.5]])
    assert metrics.eob(errors, 2) == pytest.approx([0.2, 0.1])
    assert metrics.eob(errors, 3) == pytest.approx([0.1, 0.1])
    assert metrics.top1(errors) == pytest.approx([0.3, 0.1])
    assert metrics.mean_of(errors, 3) == pytest.approx([0.2, 1 / 3])


def test_var_is_the_population_variance_over_variants():
    fields = np.stack([field((0, 0)), field((128, 0))])
    # Channel a: {0, 1} has variance 1/4; channel b has none.
    assert metrics.var(fields) == pytest.approx(0.125)


def test_cast_is_one_for_a_tint_and_zero_for_balanced_colours():
    assert metrics.cast(field((10, 5), (10, 5))) == pytest.approx(1.0)
    assert metrics.cast(field((10, 5), (-10, -5))) == pytest.approx(0.0)
    # Mean (10, 0) of pixels (20, 0) and (0, 0): 100 of 200.
    assert metrics.cast(field((20, 0), (0, 0))) == pytest.approx(0.5)


def test_a_grey_picture_has_no_cast_and_warns_of_nothing():
    assert math.isnan(metrics.cast(field((0.1, 0), (0.1, 0))))


def test_mean_chroma():
    assert metrics.mean_chroma(field((3, 4), (0, 0))) == pytest.approx(2.5)


def test_colourfulness_is_that_of_hasler_and_suesstrunk():
    assert metrics.colourfulness(np.full((2, 2, 3), 90, np.uint8)) == 0.0
    # Red and cyan: rg = +-255, yb = +-127.5, means 0; absolute values would give 0.3 * 285 instead.
    rgb = np.array([[[255, 0, 0], [0, 255, 255]]], np.uint8)
    assert metrics.colourfulness(rgb) == pytest.approx(math.hypot(255, 127.5))
    red = np.full((2, 2, 3), (200, 0, 0), np.uint8)
    assert metrics.colourfulness(red) == pytest.approx(0.3 * math.hypot(200, 100))


def test_distance_of_colourfulness_does_not_cancel_but_difference_of_means_does():
    grey = np.zeros((2, 2, 3), np.uint8)
    red = np.full((2, 2, 3), (200, 0, 0), np.uint8)
    more, less = metrics.colour_figures([red], grey), metrics.colour_figures([grey], red)
    true = 0.3 * math.hypot(200, 100)
    distances = [f["dcf 1"] for f in (more, less)]
    differences = [f["colourfulness difference of means 1"] for f in (more, less)]
    assert distances == pytest.approx([true, true])
    assert differences == pytest.approx([true, -true])


def test_interval_holds_the_mean_and_is_the_same_on_every_call():
    values = np.random.default_rng(1).normal(5.0, 1.0, 400)
    figure = metrics.interval(values)
    assert figure == metrics.interval(values)
    assert figure.value == pytest.approx(values.mean())
    # Near the normal interval of a mean: 1.96 / sqrt(400) on each side, give or take a fifth.
    assert figure.value - figure.low == pytest.approx(0.098, rel=0.2)
    assert figure.high - figure.value == pytest.approx(0.098, rel=0.2)


def test_ratio_draws_photos_in_pairs():
    grey = np.array([1.0, 2.0, 5.0])
    figure = metrics.ratio_interval(0.5 * grey, grey)
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.5, 0.5, 0.5))


def test_interval_leaves_out_nan_and_has_none_without_values():
    assert metrics.interval(np.array([1.0, math.nan, 1.0])).value == 1.0
    assert math.isnan(metrics.interval(np.array([math.nan])).value)
    assert math.isnan(metrics.ratio_interval(np.array([1.0]), np.array([0.0])).low)


def test_the_median_does_not_mind_one_photo_of_rare_colours():
    values = np.append(np.arange(1.0, 100.0), 1e6)
    figure = metrics.median_interval(values)
    assert figure.value == 50.5
    assert 35 < figure.low < figure.value < figure.high < 65
