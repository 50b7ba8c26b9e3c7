import dataclasses

import numpy as np
import pytest
import torch

from colorize_cli import Colorizer
from colorize_cli.device import choose_device
from colorize_cli.errors import DeviceError, UsageError

from .conftest import grey_scene


@pytest.fixture(scope="module")
def colorizer(tiny_weights):
    return Colorizer.load(tiny_weights, "cpu")


def views(colorizer, count):
    rng = np.random.default_rng(0)
    return rng.random((count, colorizer.view_size, colorizer.view_size), dtype=np.float32)


def test_fields_have_the_promised_shape_and_unit(colorizer):
    fields = colorizer.fields(views(colorizer, 2), ["a", "b"], n=3)
    assert fields.shape == (2, 3, 2, 16, 16)
    assert fields.dtype == np.float32
    assert np.abs(fields).max() > 1.0  # CIELAB units, not their 128th part


def test_a_photo_gets_the_same_colours_in_any_batch(colorizer):
    many = views(colorizer, 5)
    together = colorizer.fields(many, list("abcde"), n=6, seed=4)
    alone = colorizer.fields(many[3:4], ["d"], n=6, seed=4)
    np.testing.assert_allclose(together[3], alone[0], atol=1e-2)


def test_fewer_variants_are_the_first_of_more(colorizer):
    few, many = (colorizer.fields(views(colorizer, 1), ["a"], n) for n in (2, 5))
    np.testing.assert_allclose(few[0], many[0, :2], atol=1e-2)


def test_colorize_takes_an_array_or_a_file(colorizer, album):
    from_array = colorizer.colorize(grey_scene(50, 70), n=2)
    assert [p.shape for p in from_array] == [(50, 70, 3)] * 2
    assert from_array[0].dtype == np.uint8
    assert [p.shape for p in colorizer.colorize(album / "boat.png", n=1)] == [(101, 67, 3)]


def test_running_out_of_memory_halves_the_batch(colorizer, monkeypatch):
    sizes = []
    real = Colorizer._fields

    def scarce(self, v, *args):
        sizes.append(len(v))
        if len(v) > 2:
            raise torch.OutOfMemoryError("too much")
        return real(self, v, *args)

    monkeypatch.setattr(Colorizer, "_fields", scarce)
    fields = colorizer.fields(views(colorizer, 5), list("abcde"), n=1)
    assert len(fields) == 5
    assert sizes == [5, 2, 3, 1, 2]


def test_out_of_memory_with_one_photo_is_a_device_error(colorizer, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("too much")

    monkeypatch.setattr(Colorizer, "_fields", full)
    with pytest.raises(DeviceError, match="single photo"):
        colorizer.fields(views(colorizer, 3), list("abc"), n=1)


def test_devices():
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(UsageError, match="toaster"):
        choose_device("toaster")
    with pytest.raises(DeviceError, match="CUDA devices"):
        choose_device("cuda:99")


def test_saturation_scales_the_fields(colorizer, monkeypatch):
    plain = colorizer.fields(views(colorizer, 1), ["a"], n=2)
    richer = dataclasses.replace(colorizer.net.config, saturation=1.5)
    monkeypatch.setattr(colorizer.net, "config", richer)
    np.testing.assert_allclose(colorizer.fields(views(colorizer, 1), ["a"], n=2), 1.5 * plain, rtol=1e-5)
