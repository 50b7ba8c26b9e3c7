import numpy as np
import pytest
import torch

from colorize_cli.errors import UsageError
from colorize_training.data.draw_table import draw_weights
from colorize_training.data.photo import ab_of
from colorize_training.data.photo_store import fill_store, store_spec
from colorize_training.data.sources import Item, list_photos
from colorize_training.data.view_batches import Sizes, ViewBatches, crop, sides, whole_batches


@pytest.fixture(scope="module")
def store(photo_folder, tmp_path_factory):
    items = list_photos([photo_folder])
    return fill_store(items, tmp_path_factory.mktemp("store"), store_spec(items), lambda n: None)


def batches(store, weights=None, **changes):
    settings = {"sizes": Sizes(64, 96), "grow": 10, "aged": 0.3} | changes
    return ViewBatches(store, np.arange(16), np.ones(16) if weights is None else weights, **settings)


def equal(one, other):
    return all(torch.equal(getattr(one, k), getattr(other, k)) for k in ("code", "grey", "field"))


def test_a_step_gives_the_same_batch_whenever_it_is_asked_for(store):
    first = list(batches(store)(4, 1, range(3)))
    again = list(batches(store)(4, 1, range(2, 3)))
    assert equal(first[2], again[0]) and not equal(first[1], first[2])


def test_processes_share_a_batch(store):
    whole = next(iter(batches(store)(4, 1, range(1))))
    half = next(iter(batches(store)(4, 1, range(1), share=slice(2, 4))))
    assert torch.equal(whole.grey[2:], half.grey) and torch.equal(whole.field[2:], half.field)


def test_views_grow(store):
    areas = [b.grey.shape[2] * b.grey.shape[3] for b in batches(store, sizes=Sizes(96, 160))(2, 0, range(30))]
    assert max(areas[:3]) < min(areas[12:])
    batch = next(iter(batches(store)(2, 0, range(20, 21))))
    assert batch.field.shape[2:] == (batch.grey.shape[2] // 4, batch.grey.shape[3] // 4)


def test_photos_without_weight_are_not_drawn(store):
    only = np.zeros(16)
    only[5] = 1.0
    truth = ab_of(np.ascontiguousarray(store[5]), 1)[0, 0]
    field = next(iter(batches(store, only)(16, 0, range(1)))).field * 128
    assert np.abs(field.mean((0, 2, 3)).numpy() - truth).max() < 12


def test_whole_photos_are_not_changed(store):
    (batch,) = whole_batches(store, np.array([3]), Sizes(64, 64))
    np.testing.assert_allclose(batch.field[0].permute(1, 2, 0) * 128, ab_of(store[3], 16), atol=1e-3)


@pytest.mark.parametrize("size", [(24, 90), (300, 200), (16, 16)])
def test_a_crop_is_a_part_of_any_photo(size):
    rng = np.random.default_rng(0)
    for _ in range(20):
        part = crop(rng.integers(0, 255, (*size, 3), np.uint8), 1.3, rng)
        assert part.shape[0] <= size[0] and part.shape[1] <= size[1] and part.size


def test_sides_are_multiples_of_32():
    assert sides(256) == (256, 256) and sides(20) == (32, 32) and sides(128, (0.86, 1.16)) == (96, 160)


def test_a_table_says_how_often_photos_are_drawn(tmp_path):
    items = [
        Item(tmp_path / "a.jpg", ""),
        Item(tmp_path / "x.zip", "deep/b.jpg"),
        Item(tmp_path / "c.jpg", ""),
    ]
    (tmp_path / "draw.tsv").write_text("name\tweight\na.jpg\t2\nb.jpg\t0.5\n")
    assert draw_weights(tmp_path / "draw.tsv", items).tolist() == [2, 0.5, 0]
    assert draw_weights(None, items).tolist() == [1, 1, 1]


def test_a_table_tells_files_of_one_name_apart_by_their_folders(tmp_path):
    (tmp_path / "draw.tsv").write_text("name\tweight\npeople/1.jpg\t2\ntrain/1.jpg\t3\n")
    items = [Item(tmp_path / "people" / "1.jpg", ""), Item(tmp_path / "x.zip", "train/1.jpg")]
    assert draw_weights(tmp_path / "draw.tsv", items).tolist() == [2, 3]


@pytest.mark.parametrize("text", ["name\tweight\nz.jpg\t1\n", "name\tweight\na.jpg\t-1\n", "photo\nx\n"])
def test_a_table_that_says_nothing_is_refused(tmp_path, text):
    (tmp_path / "draw.tsv").write_text(text)
    with pytest.raises(UsageError, match=r"draw\.tsv"):
        draw_weights(tmp_path / "draw.tsv", [Item(tmp_path / "a.jpg", "")])
