import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from colorize_cli.model.variants.choosing import candidates, choose, distances, tints


def apart(*places):
    """Fields of candidates whose distances are those of places on a line, all tinted alike."""
    fields = torch.full((1, len(places), 2, 1, 1), 1000.0)
    fields[0, :, 0, 0, 0] += torch.tensor(places, dtype=torch.float32)
    return fields


def test_without_diversity_the_likeliest_are_taken():
    assert choose(apart(0, 1, 9, 5, 3), 3, 0.0, 5).tolist() == [[0, 1, 2]]


def test_with_all_of_it_each_is_the_farthest_from_those_taken():
    assert choose(apart(0, 1, 4, 5, 10), 3, 1.0, 5).tolist() == [[0, 4, 3]]


def test_of_two_as_good_the_one_of_many_colours_is_taken():
    fields = torch.zeros(1, 3, 2, 2, 2)
    fields[0, 1, 0], fields[0, 2, 0] = 10.0, torch.tensor([[10.0, -10.0], [10.0, -10.0]])
    assert tints(fields).tolist() == [[0.0, 1.0, 0.0]]
    assert choose(fields, 2, 1.0, 3).tolist() == [[0, 2]]


@given(st.floats(0, 1), st.integers(0, 99), st.integers(1, 8))
def test_none_is_taken_twice_and_fewer_are_the_first_of_more(diversity, seed, n):
    fields = torch.randn(2, 8, 2, 3, 3, generator=torch.Generator().manual_seed(seed))
    taken = choose(fields, 8, diversity, 8)
    assert (taken.sort(1).values == torch.arange(8)).all() and (taken[:, 0] == 0).all()
    assert choose(fields, n, diversity, 8).tolist() == taken[:, :n].tolist()


@given(st.integers(0, 99))
def test_equal_candidates_are_no_reason_to_take_one_twice(seed):
    assert choose(apart(*[1.0] * 6), 4, 1.0, 6).tolist() == [[0, 1, 2, 3]]


def test_the_next_pool_is_begun_when_one_is_empty():
    taken = choose(apart(0, 1, 2, 50, 90, 70), 5, 1.0, 3)[0].tolist()
    assert taken[:3] == [0, 2, 1] and taken[3:] == [4, 3]


def test_distance_is_the_mean_over_the_picture():
    fields = torch.zeros(1, 2, 2, 2, 2)
    fields[0, 1, 0, 0, 0], fields[0, 1, 1, 0, 0] = 3.0, 4.0
    assert distances(fields)[0, 0, 1].item() == pytest.approx(5 / 4)


@pytest.mark.parametrize(("n", "expected"), [(1, 8), (5, 8), (8, 8), (20, 24)])
def test_every_component_is_a_candidate(n, expected):
    assert candidates(n, 8) == expected
