import pytest
import torch

from colorize_cli.model.variants.descent import least


def test_a_bowl_has_its_least_at_the_bottom():
    bottom, steep = torch.tensor([[3.0, -2.0, 0.5]]), torch.tensor([1.0, 30.0, 400.0])
    found = least(lambda u: (steep * (u - bottom).square()).sum(), torch.zeros(1, 3), 40)
    torch.testing.assert_close(found, bottom, atol=0.02, rtol=0)


def test_a_bent_valley_is_followed():
    def cost(u):
        return (1 - u[0]) ** 2 + 100 * (u[1] - u[0] ** 2) ** 2

    assert cost(least(cost, torch.tensor([-1.2, 1.0]), 60)) < 0.01


def test_no_more_evaluations_than_allowed_and_never_worse():
    seen = []

    def cost(u):
        seen.append((u**4 + (3 * u).sin()).sum())
        return seen[-1]

    found = least(cost, torch.full((5,), 2.0), 7)
    assert len(seen) <= 7
    assert cost(found) < seen[0]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_cost_that_is_not_finite_leaves_the_start(bad):
    start = torch.zeros(1, 3)
    torch.testing.assert_close(least(lambda u: u.sum() + bad, start), start)


def test_a_step_into_nowhere_is_taken_back():
    found = least(lambda u: -(10 * (1 - u)).log().sum() + 9 * (u - 2).square().sum(), torch.zeros(2))
    assert (found < 1).all() and (found > 0).all()
