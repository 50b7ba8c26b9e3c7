import gc
import tracemalloc

import numpy as np
import pytest
import tifffile

from colorize_cli.image.reading import read_photo


@pytest.fixture
def without_collector():
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.enable()


def test_what_is_left_of_reading_is_the_picture(tmp_path, without_collector):
    """A scan of 100 megapixels kept the 200 MB of its file in memory until the collector came round."""
    tifffile.imwrite(tmp_path / "a.tif", np.random.default_rng(0).integers(0, 65535, (1000, 500), np.uint16))
    read_photo(tmp_path / "a.tif")
    photo = read_photo(tmp_path / "a.tif")
    assert tracemalloc.get_traced_memory()[0] < 1.5 * photo.luma.nbytes
