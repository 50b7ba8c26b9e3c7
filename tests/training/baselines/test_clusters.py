import numpy as np

from colorize_training.baselines.clusters import centres


def samples():
    """60 fields near 3.0, 30 near 1.0 and 10 near -2.0, shuffled."""
    rng = np.random.default_rng(0)
    level = rng.permutation(np.repeat([3.0, 1.0, -2.0], [60, 30, 10]))
    noise = rng.normal(0.0, 0.01, (100, 2, 4, 4))
    return (level[:, None, None, None] + noise).astype(np.float32)


def test_centres_come_largest_cluster_first():
    found = centres(samples(), 3)
    assert found.shape == (3, 2, 4, 4)
    np.testing.assert_allclose(found.mean(axis=(1, 2, 3)), [3.0, 1.0, -2.0], atol=0.01)


def test_the_same_samples_give_the_same_centres():
    assert np.array_equal(centres(samples(), 5), centres(samples(), 5))


def test_one_centre_is_the_mean():
    np.testing.assert_allclose(centres(samples(), 1)[0], samples().mean(axis=0), atol=1e-5)


def test_samples_that_are_all_alike_and_fewer_than_asked_for():
    alike = np.full((9, 2, 4, 4), 0.5, np.float32)
    assert (centres(alike, 5) == 0.5).all()
    assert centres(alike[:2], 5).shape == (5, 2, 4, 4)
