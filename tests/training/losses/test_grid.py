import pytest
import torch

from colorize_training.losses import grid


def test_cast_is_one_for_a_tint_and_small_for_many_colours():
    tint = torch.full((1, 2, 8, 8), 0.1)
    opposite = torch.cat([tint[..., :4], -tint[..., :4]], dim=3)
    assert grid.cast(torch.cat([tint, opposite, 0 * tint])).tolist() == pytest.approx([1, 0, 0], abs=1e-6)


def test_colourfulness_is_that_of_the_paper_and_a_tint_has_little():
    tint = torch.full((1, 2, 8, 8), 0.1)
    opposite = torch.cat([tint[..., :4], -tint[..., :4]], dim=3)
    # sigma_ab + 0.37 mu_ab, with a floor of 0.003 under both.
    wanted = [0.37 * 0.02**0.5, 0.02**0.5]
    assert grid.colourfulness(torch.cat([tint, opposite])).tolist() == pytest.approx(wanted, abs=4e-3)


def test_colourfulness_of_grey_has_a_finite_gradient():
    field = torch.zeros(1, 2, 8, 8, requires_grad=True)
    grid.colourfulness(field).sum().backward()
    assert torch.isfinite(field.grad).all()


def fields(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(sum(shape))) - 0.5


@pytest.mark.parametrize("measure", [grid.error, grid.gradient, grid.chroma_error])
def test_errors_are_of_each_hypothesis_and_zero_for_the_truth(measure):
    truth, made = fields(2, 1, 2, 16, 24), fields(2, 3, 2, 16, 24)
    made[:, 1] = truth[:, 0]
    found = measure(made, truth)
    assert found.shape == (2, 3) and found[:, 1].abs().max() == 0 and found[:, [0, 2]].min() > 0


def test_a_tint_has_no_error_of_gradient():
    truth = fields(1, 1, 2, 16, 16)
    assert grid.gradient(truth + 0.1, truth).item() == pytest.approx(0, abs=1e-6)


def test_changes_of_colour_are_excused_by_edges_of_luminance_alone():
    truth, made = torch.zeros(1, 1, 2, 16, 16), torch.zeros(1, 1, 2, 16, 16)
    made[..., 8:] = 0.2
    flat, edge = torch.full((1, 1, 16, 16), 0.5), torch.zeros(1, 1, 16, 16)
    edge[..., 8:] = 1.0
    assert grid.unasked(made, truth, flat) > 100 * grid.unasked(made, truth, edge)
    assert grid.unasked(truth, made, flat) == 0  # less than the truth's is no blotch


def test_the_error_of_skin_is_that_of_its_places():
    truth, made, skin = fields(2, 1, 2, 16, 24), fields(2, 3, 2, 16, 24), torch.zeros(2, 1, 16, 24)
    skin[0, 0, 4:8, 4:8] = 1.0
    made[0, 1, :, 4:8, 4:8] = truth[0, 0, :, 4:8, 4:8]
    found = grid.skin_error(made, truth, skin)
    assert found[0, 1] == 0 and found[0, [0, 2]].min() > 0.1 and found[1].abs().max() == 0
