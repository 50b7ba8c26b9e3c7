import cv2
import numpy as np
import pytest
import torch

from colorize_training.data.batches import CacheBatches, area_resize, load_batch, read_ahead
from colorize_training.loop.task import Draw


@pytest.mark.parametrize("side", [80, 64, 40, 33])
def test_area_resize_agrees_with_opencv(side):
    field = np.random.default_rng(0).normal(size=(80, 80, 2)).astype(np.float32)
    expected = cv2.resize(field, (side, side), interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
    ours = area_resize(torch.from_numpy(field).permute(2, 0, 1)[None], side)[0]
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_features_are_left_out_where_they_are_not_wanted(tiny_cache):
    assert load_batch(tiny_cache, np.arange(2), 16, features=False).features == ()


def test_shares_together_are_the_whole_batch(tiny_cache):
    tiny_cache.arrays["grey"][:] = np.arange(16, dtype=np.uint8)[:, None, None]

    def batch(share):
        found = CacheBatches(tiny_cache, np.arange(16), 16, features=False)(4, 0, range(1), share=share)
        return next(iter(found)).grey

    parts = [batch(slice(0, 2)), batch(slice(2, 4))]
    assert torch.equal(torch.cat(parts), batch(slice(None)))


def test_batches_are_the_same_read_ahead_or_not(tiny_cache):
    tiny_cache.arrays["grey"][:] = np.arange(16, dtype=np.uint8)[:, None, None]
    ahead, later = (
        CacheBatches(tiny_cache, np.arange(16), 16, features=False)(4, 0, range(6), ahead=ahead)
        for ahead in (True, False)
    )
    assert all(torch.equal(a.grey, b.grey) for a, b in zip(ahead, later, strict=True))


@pytest.mark.parametrize("threads", [1, 3])
def test_parts_come_in_order_and_few_are_read_ahead(threads):
    begun = []
    found = read_ahead(lambda part: begun.append(part) or part * 2, iter(range(9)), threads)
    assert next(found) == 0
    assert len(begun) <= threads + 1
    assert list(found) == [2 * part for part in range(1, 9)]


def test_draws_do_not_depend_on_how_a_step_is_shared():
    def drawn(start, count):
        return Draw(torch.Generator().manual_seed(0), start, 4).normal(count, 3)

    assert torch.equal(torch.cat([drawn(0, 2), drawn(2, 2)]), drawn(0, 4))
