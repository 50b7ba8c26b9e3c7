"""PNG of 16 bits in its kinds, against the samples that were written."""

import struct

import imagecodecs
import numpy as np
import pytest

from colorize_cli.errors import PhotoError
from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene
from tests.image.png.test_chunks import chunk
from tests.image.test_reading import COLOURS, png

DEEP = scene(dtype=np.uint16)
OPAQUE = 65535


def with_transparent(data, *levels):
    return data[:33] + chunk(b"tRNS", struct.pack(f">{len(levels)}H", *levels)) + data[33:]


def test_a_transparent_grey_of_sixteen_bits(make):
    key = int(DEEP[7, 9])
    found = read_photo(make(with_transparent(png(DEEP), key)))
    np.testing.assert_array_equal(found.luma, DEEP)
    np.testing.assert_array_equal(found.alpha, np.where(key == DEEP, 0, OPAQUE))


def test_a_transparent_colour_of_sixteen_bits(make):
    rgb = COLOURS.astype(np.uint16) * 257
    key = [int(level) for level in rgb[3, 4]]
    found = read_photo(make(with_transparent(png(rgb[..., ::-1]), *key)))
    np.testing.assert_array_equal(found.alpha, np.where((rgb == key).all(-1), 0, OPAQUE))


def animated(first, *others):
    """An APNG, the first frame of which is the picture that other readers see."""
    height, width = first.shape[:2]

    def control(number):
        return chunk(b"fcTL", struct.pack(">5I2H2B", number, width, height, 0, 0, 1, 10, 0, 0))

    def pixels(data):
        at, bodies = 33, b""
        while at < len(data):
            length = int.from_bytes(data[at : at + 4], "big")
            bodies += data[at + 8 : at + 8 + length] if data[at + 4 : at + 8] == b"IDAT" else b""
            at += 12 + length
        return bodies

    plain = png(first)
    parts = [
        chunk(b"acTL", struct.pack(">2I", 1 + len(others), 0)),
        control(0),
        chunk(b"IDAT", pixels(plain)),
    ]
    for i, other in enumerate(others):
        parts += [control(2 * i + 1), chunk(b"fdAT", struct.pack(">I", 2 * i + 2) + pixels(png(other)))]
    return plain[:33] + b"".join(parts) + plain[-12:]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_first_picture_of_an_animation(make, dtype):
    rgba = np.dstack([scene(30, 40, seed, dtype) for seed in range(4)])
    found = read_photo(make(animated(rgba, rgba // 3)))
    assert np.abs(found.luma - rgba[..., 2::-1] @ np.array([0.299, 0.587, 0.114])).max() <= 1
    np.testing.assert_array_equal(found.alpha, rgba[..., 3])
    assert "2 frames" in found.warnings[0]


def test_grey_with_alpha_of_sixteen_bits(make):
    pixels = np.dstack([DEEP, DEEP[::-1]])
    found = read_photo(make(imagecodecs.png_encode(pixels)))
    np.testing.assert_array_equal(found.luma, DEEP)
    np.testing.assert_array_equal(found.alpha, DEEP[::-1])


def test_pixels_that_do_not_inflate_are_damage(make):
    data = png(DEEP)
    at = data.index(b"IDAT")
    length = int.from_bytes(data[at - 4 : at], "big")
    body = data[at + 4 : at + 4 + length // 2] + bytes(length - length // 2)
    with pytest.raises(PhotoError, match="damaged"):
        read_photo(make(data[: at - 4] + chunk(b"IDAT", body) + data[at + 8 + length :]))
