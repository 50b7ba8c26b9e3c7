import json
from dataclasses import replace

import numpy as np
import pytest

from colorize_cli.errors import UsageError
from colorize_training.data.cache import DONE, Cache, CacheSpec


@pytest.fixture
def crowd(tmp_path):
    """Twelve photos of three copies, every third block of two held out."""
    spec = CacheSpec(12, "x", "lite0", 64, 32, copies=3, held_out_every=3, held_out_block=2)
    cache = Cache.create(tmp_path, spec)
    cache.arrays["state"][:] = DONE
    return cache


def test_blocks_are_held_out_whole_and_by_their_first_copy(crowd):
    assert list(crowd.rows(held_out=True)) == [0, 3, 18, 21]


def test_no_copy_of_a_held_out_photo_is_trained_on(crowd):
    rows = crowd.rows(held_out=False)
    assert len(rows) == 8 * 3 and not set(rows // 3) & {0, 1, 6, 7}


def test_of_a_held_out_photo_only_the_first_copy_is_filled(crowd):
    assert [len(crowd.spec.rows_of(p)) for p in range(12)] == [1, 1, 3, 3, 3, 3, 1, 1, 3, 3, 3, 3]


def test_rows_that_are_not_filled_are_left_out(crowd):
    crowd.arrays["state"][5] = 0
    assert 5 not in np.concatenate([crowd.rows(held_out=False), crowd.rows(held_out=True)])


@pytest.mark.parametrize(("key", "value"), [("copies", None), ("held_out_aged", True)])
def test_a_cache_of_before_held_out_photos_stayed_clean_is_refused(crowd, key, value):
    head = json.loads((crowd.folder / "cache.json").read_text()) | {key: value}
    left = {key: value for key, value in head.items() if value is not None}
    (crowd.folder / "cache.json").write_text(json.dumps(left))
    with pytest.raises(UsageError, match="older layout"):
        Cache.open(crowd.folder)


def test_a_cache_that_says_its_held_out_photos_are_clean_is_read(crowd):
    head = json.loads((crowd.folder / "cache.json").read_text()) | {"held_out_aged": False}
    (crowd.folder / "cache.json").write_text(json.dumps(head))
    assert Cache.open(crowd.folder).spec == crowd.spec


def test_a_cache_of_other_settings_is_not_continued(crowd):
    with pytest.raises(UsageError, match="other photos or settings"):
        Cache.create(crowd.folder, replace(crowd.spec, seed=1))
