import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from colorize_cli.model.choosing import candidates, choose, distances


def apart(*places):
    """Distances of candidates on a line."""
    at = torch.tensor(places, dtype=torch.float32)
    return (at[:, None] - at).abs()[None]


def test_without_diversity_the_likeliest_are_taken():
    assert choose(apart(0, 1, 9, 5, 3), 3, 0.0).tolist() == [[0, 1, 2]]


def test_with_all_of_it_each_is_the_farthest_from_those_taken():
    assert choose(apart(0, 1, 4, 5, 10), 3, 1.0).tolist() == [[0, 3, 4]]


@given(st.floats(0, 1), st.integers(0, 99))
def test_the_first_is_always_taken_and_none_twice(diversity, seed):
    places = torch.rand(8, generator=torch.Generator().manual_seed(seed)).tolist()
    taken = choose(apart(*places), 5, diversity)[0].tolist()
    assert taken[0] == 0
    assert taken == sorted(set(taken))


@given(st.integers(0, 99))
def test_equal_candidates_are_no_reason_to_take_one_twice(seed):
    assert choose(apart(*[1.0] * 6), 4, 1.0).tolist() == [[0, 1, 2, 3]]


def test_distance_is_the_mean_over_the_picture():
    fields = torch.zeros(1, 2, 2, 2, 2)
    fields[0, 1, 0, 0, 0], fields[0, 1, 1, 0, 0] = 3.0, 4.0
    assert distances(fields)[0, 0, 1].item() == pytest.approx(5 / 4)


@pytest.mark.parametrize(("n", "expected"), [(1, 8), (5, 10), (20, 40)])
def test_every_component_is_a_candidate(n, expected):
    assert candidates(n, 8) == expected
