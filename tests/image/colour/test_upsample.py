import cv2
import numpy as np
import pytest

from colorize_cli.image.colour.upsample import GUIDE_LIMIT, Upsampler, guide, resize
from tests.image.conftest import field, scene


@pytest.mark.parametrize("size", [(1, 1), (3, 90), (12, 12), (64, 48)])
def test_even_colour_stays_even(size):
    even = np.dstack([np.full((12, 12), v, np.float32) for v in (30, -20)])
    result = Upsampler(guide(scene(*size)))(even)
    assert result.shape == (*size, 2)
    np.testing.assert_allclose(result, np.broadcast_to([30, -20], result.shape), atol=1e-3)


def test_a_flat_photo_gets_the_bicubic_field():
    flat, ab = guide(np.full((50, 70), 90, np.uint8)), np.moveaxis(field(), 0, -1).copy()
    np.testing.assert_allclose(Upsampler(flat)(ab), resize(ab, 50, 70), atol=1e-4)


def test_colour_edges_follow_the_edges_of_the_photo():
    luma = np.full((96, 96), 60, np.uint8)
    cv2.circle(luma, (48, 48), 30, 190, -1)
    truth = np.where(luma > 100, 40, -20).astype(np.float32)
    low = cv2.resize(truth, (12, 12), interpolation=cv2.INTER_AREA)
    pair = np.dstack([low, low])
    guided, bicubic = (
        np.abs(found[..., 0] - truth).mean() for found in (Upsampler(guide(luma))(pair), resize(pair, 96, 96))
    )
    assert guided < 0.8 * bicubic


def test_the_guide_is_bounded_and_keeps_the_range():
    wide = guide(np.full((10, 3000), 255, np.uint8))
    assert wide.shape == (5, 1500) and max(wide.shape) < GUIDE_LIMIT
    assert (wide == 65535).all()


def test_the_guide_of_a_large_photo_is_its_average():
    luma = scene(1501, 2303)
    exact = cv2.resize(luma.astype(np.float32), (1151, 750), interpolation=cv2.INTER_AREA)
    assert np.abs(guide(luma) / 257 - exact).max() < 2.5


def test_resize_averages_the_side_that_shrinks():
    stripes = np.tile(np.array([0, 1], np.float32), (4, 32))
    np.testing.assert_allclose(resize(stripes, 8, 8), 0.5, atol=1e-6)
