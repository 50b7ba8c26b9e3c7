import numpy as np
import pytest

from colorize_cli.hints.geodesic import geodesic


def lengths(light, row, column, step=1.0):
    seeds = np.zeros((1, *light.shape), dtype=bool)
    seeds[0, row, column] = True
    return geodesic(light.astype(np.float32), seeds, step, step)[0]


def test_on_even_ground_it_is_the_way_of_a_chess_king():
    found = lengths(np.zeros((9, 12)), 4, 3)
    assert found[4, 10] == pytest.approx(7)
    assert found[8, 7] == pytest.approx(4 * 2**0.5, rel=1e-5)


def test_an_edge_is_as_long_as_its_step():
    light = np.zeros((6, 10))
    light[:, 5:] = 30
    found = lengths(light, 3, 2)
    assert found[3, 4] == pytest.approx(2)
    assert found[3, 5] > 30


def test_the_way_leads_around_a_wall():
    light = np.zeros((15, 15))
    light[2:, 7] = 100
    found = lengths(light, 12, 4)
    assert 14 < found[12, 10] < 30


def test_each_place_has_its_own():
    seeds = np.zeros((2, 5, 5), dtype=bool)
    seeds[0, 0, 0] = seeds[1, 4, 4] = True
    both = geodesic(np.zeros((5, 5), np.float32), seeds, 1.0, 2.0)
    np.testing.assert_allclose(both[0], both[1, ::-1, ::-1])
