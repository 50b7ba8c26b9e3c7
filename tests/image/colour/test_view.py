import numpy as np
import pytest

from colorize_cli.image.colour.view import view


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_view_is_the_average_of_blocks(dtype):
    luma = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (32, 64)).astype(dtype)
    seen = view(luma, 8)
    blocks = luma.reshape(8, 4, 8, 8).mean(axis=(1, 3)) / np.iinfo(dtype).max
    assert seen.shape == (8, 8) and seen.dtype == np.float32
    np.testing.assert_allclose(seen, blocks, atol=0.51 / np.iinfo(dtype).max)


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (40, 30)])
def test_the_view_stays_in_range_at_any_size(size):
    seen = view(np.full(size, 255, np.uint8), 16)
    assert seen.shape == (16, 16)
    assert (seen == 1).all()
