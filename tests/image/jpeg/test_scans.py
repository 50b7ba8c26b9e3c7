import io

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from colorize_cli.image.jpeg.scans import combined, first_component, is_separable, parse, serialise
from tests.image.conftest import scene


def encoded(height, width, kind="L", seed=0, **options):
    out = io.BytesIO()
    Image.fromarray(scene(height, width, seed)).convert(kind).save(out, "JPEG", **options)
    return out.getvalue()


def grey(data):
    return simplejpeg.decode_jpeg(data, "GRAY")[..., 0]


@pytest.mark.parametrize("kind", ["L", "RGB"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}, {"quality": 1}])
def test_a_file_put_together_again_has_the_same_pixels(kind, options):
    data = encoded(35, 51, kind, comment=b"a summer in 1912", **options)
    again = b"".join(serialise(parse(data)))
    assert b"1912" not in again
    np.testing.assert_array_equal(simplejpeg.decode_jpeg(again), simplejpeg.decode_jpeg(data))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("step", [1, 2])
def test_three_grey_files_become_one_in_colour(progressive, step):
    height, width = 35, 51
    small = -(-height // step), -(-width // step)
    sizes = [(height, width), small, small]
    planes = [encoded(*s, seed=i, progressive=progressive) for i, s in enumerate(sizes)]
    luma, *chroma = (parse(data) for data in planes)
    whole = b"".join(serialise(combined(luma, chroma, step)))
    np.testing.assert_array_equal(grey(whole), grey(planes[0]))
    assert simplejpeg.decode_jpeg_header(whole) == (height, width, "YCbCr", "444" if step == 1 else "420")
    assert first_component(parse(whole)).parts == luma.parts
    if step == 1:
        with Image.open(io.BytesIO(whole)) as image:
            image.draft("YCbCr", image.size)
            decoded = np.moveaxis(np.asarray(image), -1, 0)
        np.testing.assert_array_equal(decoded, [grey(data) for data in planes])


def test_luminance_between_chroma_is_not_separable():
    assert is_separable(parse(encoded(20, 30)))
    assert not is_separable(parse(encoded(20, 30, "RGB")))


def test_fill_bytes_and_what_follows_the_end_are_dropped():
    data = encoded(20, 30)
    padded = data[:2] + b"\xff\xff" + data[2:-2] + b"\xff\xff" + data[-2:] + b"a film"
    assert parse(padded) == parse(data)


@pytest.mark.parametrize("marker", [0xC3, 0xC9], ids=["lossless", "arithmetic"])
def test_other_codings_are_refused(marker):
    data = encoded(20, 30).replace(b"\xff\xc0", bytes([0xFF, marker]))
    with pytest.raises(ValueError, match="Huffman"):
        parse(data)


@pytest.mark.parametrize("cut", [40, 200])
def test_damage_is_a_value_error(cut):
    with pytest.raises(ValueError, match="order"):
        parse(encoded(20, 30)[:cut])
