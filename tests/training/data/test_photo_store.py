import numpy as np
import pytest

from colorize_cli.errors import UsageError
from colorize_training.data.photo import decode_rgb
from colorize_training.data.photo_store import PhotoStore, fill_store, store_spec
from colorize_training.data.sources import Item, list_photos


def fill(items, folder, **settings):
    return fill_store(items, folder, store_spec(items, **settings), lambda count: None)


@pytest.fixture
def items(photo_folder):
    return list_photos([photo_folder])


def test_photos_come_back_as_they_were(items, tmp_path):
    store = fill(items, tmp_path)
    for i in (0, 7, 15):
        np.testing.assert_array_equal(store[i], decode_rgb(items[i].read()))


def test_large_photos_are_made_smaller(items, tmp_path):
    assert fill(items, tmp_path, side=36)[3].shape == (36, 48, 3)


def test_what_cannot_be_read_is_left_out(items, tmp_path):
    (tmp_path / "no.jpg").write_bytes(b"no photo")
    store = fill([items[0], Item(tmp_path / "no.jpg", ""), items[1]], tmp_path / "store")
    assert store.left_out().tolist() == [1]
    np.testing.assert_array_equal(store[2], decode_rgb(items[1].read()))


def test_a_store_that_was_stopped_goes_on(items, tmp_path, monkeypatch):
    spec, real, calls = store_spec(items), PhotoStore.append, []
    monkeypatch.setattr("colorize_training.data.photo_store._CHUNK", 5)

    def killed(self, photos):
        calls.append(len(photos))
        if len(calls) == 2:
            with (self.folder / "pixels").open("ab") as file:
                file.write(b"half of a photo")
            raise KeyboardInterrupt
        real(self, photos)

    monkeypatch.setattr(PhotoStore, "append", killed)
    with pytest.raises(KeyboardInterrupt):
        fill_store(items, tmp_path, spec, lambda count: None)
    told = []
    store = fill_store(items, tmp_path, spec, told.append)
    assert told == [5, 5, 5, 1]
    for i in range(16):
        np.testing.assert_array_equal(store[i], decode_rgb(items[i].read()))


def test_held_out_photos_are_apart(items, tmp_path):
    store = fill(items, tmp_path, every=4, block=2)
    assert store.rows(held_out=True).tolist() == [0, 1, 8, 9]
    assert len(store.rows(held_out=False)) == 12


def test_a_store_of_other_photos_is_refused(items, tmp_path):
    fill(items, tmp_path)
    with pytest.raises(UsageError, match="other photos"):
        fill(items[1:], tmp_path)
    with pytest.raises(UsageError, match="no photo store"):
        PhotoStore.open(tmp_path / "nowhere")
