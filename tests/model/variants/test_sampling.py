import torch

from colorize_cli.model.mixture import Mixture, modes
from colorize_cli.model.variants.sampling import variant_codes, variant_noise


def mixture(b=2, m=3, d=4):
    generator = torch.Generator().manual_seed(5)
    log_pi = torch.log_softmax(torch.randn(b, m, generator=generator), 1)
    return Mixture(log_pi, torch.randn(b, m, d, generator=generator), torch.zeros(b, m, d))


def noise(n, seed=0):
    return torch.stack([variant_noise(key, seed, n, 4) for key in ("one", "two")])


def test_noise_of_a_variant_does_not_depend_on_how_many_there_are():
    torch.testing.assert_close(variant_noise("photo", 7, 9, 4)[:3], variant_noise("photo", 7, 3, 4))


def test_noise_depends_on_photo_seed_and_variant():
    base = variant_noise("photo", 7, 2, 4)
    assert not torch.equal(base[0], base[1])
    assert not torch.equal(base, variant_noise("photo", 8, 2, 4))
    assert not torch.equal(base, variant_noise("another", 7, 2, 4))


def test_first_variant_is_the_heaviest_mean_whatever_the_seed():
    m = mixture()
    first = variant_codes(m, noise(5, seed=3), temperature=1.0)[:, 0]
    best = m.log_pi.argmax(1)
    torch.testing.assert_close(first, m.mu[torch.arange(2), best])


def test_variants_beyond_the_components_are_new():
    codes = variant_codes(mixture(), noise(7), temperature=0.0)[0]
    assert torch.pdist(codes).min() > 1e-3


def test_a_seed_changes_the_variants_that_carry_noise():
    one, two = (variant_codes(mixture(), noise(5, s), 0.5) for s in (1, 2))
    assert torch.equal(one[:, 0], two[:, 0])
    assert not torch.isclose(one[:, 1:], two[:, 1:]).all(dim=2).any()


def test_without_temperature_the_variants_are_the_means_by_weight():
    torch.testing.assert_close(variant_codes(mixture(), noise(3), temperature=0.0), modes(mixture())[0])
