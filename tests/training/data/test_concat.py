from dataclasses import replace

import numpy as np
import pytest
import torch

from colorize_cli.errors import UsageError
from colorize_training.data.batches import load_batch
from colorize_training.data.cache import DONE, Cache, CacheSpec
from colorize_training.data.concat import open_caches

SPEC = CacheSpec(10, "x", "lite0", view=64, field=32, held_out_every=5)


def filled(folder, spec, colours):
    """A cache whose photos have the given colour, one number each."""
    cache = Cache.create(folder, spec)
    for row, colour in enumerate(np.repeat(colours, spec.copies)):
        cache.arrays["ab"][row] = colour
    cache.arrays["state"][:] = DONE
    cache.flush()
    return folder


@pytest.fixture
def folders(tmp_path):
    """Ten photos of colours 0 to 9, 0 and 5 held out; and 9, 8, 7, 5, 3 of them again in three copies."""
    often = replace(SPEC, photos=5, copies=3)
    return [
        filled(tmp_path / "all", SPEC, np.arange(10)),
        filled(tmp_path / "often", often, [9, 8, 7, 5, 3]),
    ]


def colours_of(cache, rows):
    return load_batch(cache, rows, 16, features=False).field[:, 0, 0, 0].mul(128).round().int().tolist()


def test_photos_of_both_are_trained_on_and_none_that_is_held_out_in_the_first(folders):
    joined = open_caches(folders)
    # The second's own held-out photo, 9, is not read from there.
    shown = [1, 2, 3, 4, 6, 7, 8, 9] + 3 * [8, 7, 3]
    assert sorted(colours_of(joined, joined.rows(held_out=False))) == sorted(shown)
    assert colours_of(joined, joined.rows(held_out=True)) == [0, 5]


def test_rows_of_both_may_stand_in_one_batch(folders):
    whole = load_batch(open_caches(folders), np.array([3, 10, 13, 22]), 16)
    assert whole.grey.shape == (4, 1, 64, 64) and len(whole.features) == 3
    assert torch.equal(whole.field[:, 0, 0, 0].mul(128).round().int(), torch.tensor([3, 9, 8, 3]))


def test_the_settings_of_all_are_known(folders):
    assert [spec.copies for spec in open_caches(folders).specs] == [
        Cache.open(f).spec.copies for f in folders
    ]


def test_one_cache_is_opened_as_it_is(folders):
    assert type(open_caches(folders[:1])) is Cache


def test_caches_of_different_views_do_not_go_together(folders, tmp_path):
    other = filled(tmp_path / "wide", replace(SPEC, view=96), np.arange(10))
    with pytest.raises(UsageError, match="another backbone or view"):
        open_caches([folders[0], other])
