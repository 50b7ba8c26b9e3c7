import pytest
import torch

from colorize_cli.model.variants.steering import Spot, Wish, points_of, spot_weights, steered

# A decoder of 4 numbers: the first two colour all cells alike, the others add to the left half.
LEFT = torch.zeros(2, 2, 8, 8)
LEFT[0, 0, :, :4] = LEFT[1, 1, :, :4] = 1.0


def decode(codes):
    everywhere = codes[:, :2, None, None].expand(-1, -1, 8, 8)
    return 10 * (everywhere + torch.einsum("nk,kcyx->ncyx", codes[:, 2:], LEFT))


def run(wish, codes=None, spread=1.0):
    codes = torch.zeros(1, 4) if codes is None else codes
    return decode(steered(codes, torch.full_like(codes, spread), decode, wish))


def test_a_spot_takes_its_colour_where_the_code_can_give_it():
    field = run(Wish((Spot(0.25, 0.5, 0.05, 0.05, 9.0, -6.0),)), spread=3.0)
    assert field[0, :, 4, 1].tolist() == pytest.approx([9.0, -6.0], abs=0.7)


def test_what_the_prior_holds_hardly_moves():
    field = run(Wish((Spot(0.25, 0.5, 0.05, 0.05, 9.0, 0.0),)), spread=0.01)
    assert field.abs().max() < 0.1


def test_a_surprising_colour_is_no_news_about_the_picture():
    near, far = (run(Wish((Spot(0.5, 0.5, 0.1, 0.1, a, 0.0),))).abs().max() for a in (10.0, 70.0))
    assert near > 5 > 1 > far


def test_each_variant_goes_its_own_way():
    codes = torch.tensor([[0.0, 0, 0, 0], [0.5, 0, -0.5, 0]])
    wish = Wish((Spot(0.25, 0.5, 0.05, 0.05, 5.0, 0.0),))
    together = run(wish, codes)
    torch.testing.assert_close(together[1:], run(wish, codes[1:]))
    assert (together[0, 0, 4, 6] - together[1, 0, 4, 6]).abs() > 1


def test_a_palette_draws_what_is_near_and_leaves_the_rest():
    codes = torch.tensor([[0.0, 4.0, 2.0, -4.0]])  # left (20, 0), right (0, 40)
    before, after = decode(codes)[0], run(Wish((), ((20.0, 8.0),), 1.0), codes)[0]
    assert after[1, 4, 1] > before[1, 4, 1] + 2
    assert (after[:, 4, 6] - before[:, 4, 6]).abs().max() < 6  # of 40; the prior wants a compromise


@pytest.mark.parametrize("wish", [Wish(), Wish((), (), 3.0), Wish((), ((1.0, 2.0),), 0.0)])
def test_no_wish_is_false(wish):
    assert not wish


def test_points_stay_inside_the_picture_and_weights_sum_to_one():
    spots = [Spot(0.0, 1.0, 0.3, 0.1, 0, 0), Spot(0.5, 0.5, 1e-4, 1e-4, 0, 0)]
    assert all(0 <= points_of(spot).min() <= points_of(spot).max() <= 1 for spot in spots)
    weights = spot_weights(spots, 8, 8)
    assert weights.sum((1, 2)).tolist() == pytest.approx([1, 1])
    assert weights[1, 3:5, 3:5].sum() == pytest.approx(1)
