from dataclasses import replace

import pytest
import torch

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.variants.saturation import saturated, saturations

PLAIN = ModelConfig(saturation=1.5)
LEVELED = replace(PLAIN, first_saturation=2.0, first_leveling=0.5)


def fields_of(*chroma):
    """Two variants of photos of one colour each, as strong as told."""
    return torch.tensor(chroma)[:, None, None, None, None] * torch.tensor([0.6, -0.8])[:, None, None].expand(
        2, 2, 4, 4
    )


def test_all_variants_have_the_same_factor_unless_the_first_has_its_own():
    assert saturations(fields_of(5.0), PLAIN).tolist() == [[1.5, 1.5]]
    assert saturations(fields_of(5.0), replace(PLAIN, first_saturation=2.0)).tolist() == [[2.0, 1.5]]


@pytest.mark.parametrize(("chroma", "factor"), [(12.0, 2.0), (6.0, 2.0 * 2**0.5), (18.0, 2.0 * 1.5**-0.5)])
def test_leveling_gives_the_first_variant_of_a_pale_photo_more(chroma, factor):
    assert saturations(fields_of(chroma), LEVELED).tolist() == [pytest.approx([factor, 1.5])]


@pytest.mark.parametrize(("chroma", "factor"), [(0.0, 1.8), (0.1, 1.8), (100.0, 0.6)])
def test_leveling_has_bounds(chroma, factor):
    assert saturations(fields_of(chroma), LEVELED)[0, 0] == pytest.approx(2.0 * factor)


def test_the_factor_of_a_photo_does_not_depend_on_others():
    both, alone = saturations(fields_of(3.0, 30.0), LEVELED), saturations(fields_of(30.0), LEVELED)
    assert torch.equal(both[1:], alone)


def test_fields_are_multiplied_each_by_its_factor():
    made = saturated(fields_of(10.0), torch.tensor([[2.0, 0.5]]))
    torch.testing.assert_close(made.norm(dim=2).mean((2, 3)), torch.tensor([[20.0, 5.0]]))
