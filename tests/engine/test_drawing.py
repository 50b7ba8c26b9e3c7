import numpy as np
import pytest

from colorize_cli import Colorizer
from colorize_cli.errors import UsageError
from tests.conftest import grey_scene


@pytest.fixture(scope="module")
def colorizer(tiny_weights):
    return Colorizer.load(tiny_weights, "cpu")


def test_variants_are_ranked_and_told_apart(colorizer):
    drawn = colorizer.draw(grey_scene(50, 70), n=4)
    assert [variant.rank for variant in drawn.variants] == [1, 2, 3, 4]
    assert drawn.variants[0].distance == 0 < drawn.variants[1].distance
    assert all(0 <= variant.weight <= 1 for variant in drawn.variants)
    assert drawn.uncertainty.ndim == 2 and drawn.uncertainty.mean() > 0


def test_pictures_have_the_depth_of_what_was_given(colorizer):
    grey = grey_scene(50, 70)
    for photo in (grey, grey.astype(np.uint16) * 257, grey / np.float32(255)):
        (picture,) = colorizer.colorize(photo, n=1)
        assert (picture.dtype, picture.shape) == (photo.dtype, (50, 70, 3))
    assert 0 <= picture.min() < picture.max() <= 1


def test_photos_of_a_batch_are_drawn_as_alone(colorizer):
    photos = [grey_scene(50, 70, seed) for seed in range(5)]
    together = [drawn.variants[1].picture for drawn in colorizer.draw_all(iter(photos), n=2, batch=2)]
    alone = [colorizer.colorize(photo, n=2)[1] for photo in photos]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_more_is_read_than_is_asked_for(colorizer):
    read = []
    photos = (read.append(seed) or grey_scene(50, 70, seed) for seed in range(9))
    next(colorizer.draw_all(photos, n=1, batch=2))
    assert read == [0, 1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"n": 0}, "n is 0; it is to be from 1 to 100"),
        ({"diversity": 2}, "diversity is 2"),
        ({"diversity": float("nan")}, "diversity is nan"),
        ({"detail": 5}, "detail is 5"),
        ({"sed": 1}, "sed: there is no such setting"),
    ],
)
def test_what_nobody_can_draw_is_told(colorizer, settings, said):
    with pytest.raises(UsageError, match=said):
        colorizer.draw(grey_scene(50, 70), **settings)
