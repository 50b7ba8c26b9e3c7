"""Kinds of JPEG that cameras, scanners and editors have written, against the pixels they were made of."""

import io
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
import simplejpeg
from PIL import Image

from colorize_cli.errors import PhotoError
from colorize_cli.image.jpeg.lossless import hindrance
from colorize_cli.image.jpeg.scans import combined, parse, serialise
from colorize_cli.image.reading import read_photo
from tests.image.conftest import field, scene, written

EOI = b"\xff\xd9"
GREY = scene(48, 72)


def jpeg(kind="L", **options):
    out = io.BytesIO()
    Image.fromarray(GREY).convert(kind).save(out, "JPEG", quality=95, **options)
    return out.getvalue()


def sampled(across, down, luma=GREY):
    """A colour JPEG whose chroma planes are that much smaller."""
    planes = [np.full([-(-side // step) for side, step in zip(luma.shape, (down, across), strict=True)], 150)]
    coded = [
        parse(simplejpeg.encode_jpeg(plane.astype(np.uint8)[..., None], quality=95, colorspace="GRAY"))
        for plane in (luma, *planes, *planes)
    ]
    whole = combined(coded[0], coded[1:], 1)
    return b"".join(serialise(replace(whole, components=((1, across, down), (2, 1, 1), (3, 1, 1)))))


@pytest.mark.parametrize("sampling", [(1, 4), (4, 1), (4, 2), (3, 1), (1, 3), (2, 4), (1, 2), (2, 1)])
def test_chroma_of_any_size(make, provenance, sampling):
    data = sampled(*sampling)
    found = read_photo(make(data))
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", image.size)
        np.testing.assert_array_equal(found.luma, np.asarray(image))
    assert found.warnings == () and found.chroma < 7
    for options in ({"separate_scans": True}, {}):
        file = written(found, field(), provenance, "jpeg", **options)
        assert np.abs(simplejpeg.decode_jpeg(file, "GRAY")[..., 0].astype(int) - GREY).mean() < 2


def test_unusual_chroma_hinders_lossless_luminance():
    assert "unusual" in hindrance(sampled(1, 4))


def test_four_inks_of_two_sizes(make):
    inks = np.stack([GREY // 4] * 3 + [255 - GREY], -1)
    options = {"level": 95, "colorspace": "CMYK", "outcolorspace": "YCCK"}
    whole, halved = (
        read_photo(make(imagecodecs.jpeg8_encode(inks, subsampling=size, **options))).luma.astype(int)
        for size in ("444", "420")
    )
    assert np.abs(whole - halved).mean() < 2 < np.ptp(whole)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_lossless_jpegs_give_every_level(make, bits, channels):
    levels = scene(40, 50, dtype=np.uint16) >> (16 - bits)
    stored = levels.astype(np.uint8) if bits == 8 else levels
    stored = stored if channels == 1 else np.dstack([stored] * 3)
    found = read_photo(make(imagecodecs.jpeg8_encode(stored, lossless=True, bitspersample=bits)))
    most = 255 if bits == 8 else 65535
    assert found.depth == (8 if bits == 8 else 16)
    np.testing.assert_allclose(found.luma, levels / (2**bits - 1) * most, atol=1)


def test_twelve_bits_are_read_as_sixteen(make):
    levels = scene(40, 50, dtype=np.uint16) >> 4
    found = read_photo(make(imagecodecs.jpeg8_encode(levels, level=100, bitspersample=12)))
    assert found.depth == 16
    assert np.abs(found.luma / 65535 - levels / 4095).max() < 0.01


@pytest.mark.parametrize("progressive", [False, True])
def test_only_the_end_mark_is_missing(make, provenance, progressive):
    data = jpeg(progressive=progressive)
    found = read_photo(make(data.removesuffix(EOI)))
    np.testing.assert_array_equal(found.luma, read_photo(make(data)).luma)
    assert "end mark is missing" in found.warnings[0]
    file = written(found, field(), provenance, "jpeg", lossless_luma=True)
    np.testing.assert_array_equal(simplejpeg.decode_jpeg(file, "GRAY")[..., 0], found.luma)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("kind", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("tail", [b"", EOI])
def test_coded_bytes_that_are_missing_are_damage(make, progressive, kind, tail):
    data = jpeg(kind, progressive=progressive)
    with pytest.raises(PhotoError, match="damaged or cut short"):
        read_photo(make(data[: len(data) * 9 // 10] + tail))


def test_scans_that_are_missing_are_damage(make):
    data = jpeg(progressive=True)
    with pytest.raises(PhotoError, match="the end is missing"):
        read_photo(make(data[: data.rindex(b"\xff\xc4")]))


def test_what_stands_behind_the_end_counts_for_nothing(make):
    trailer = np.random.default_rng(0).bytes(1 << 20) + 600 * b"\xff\xda\x00\x08"
    found = read_photo(make(jpeg() + trailer))
    np.testing.assert_array_equal(found.luma, read_photo(make(jpeg())).luma)
    assert found.warnings == ()


@pytest.mark.parametrize(("frame", "kind"), [(0xC5, "hierarchical"), (0xCB, "lossless"), (0xF7, "JPEG-LS")])
def test_kinds_that_no_library_reads_are_not_called_damaged(make, frame, kind):
    with pytest.raises(PhotoError, match=f"{kind}.* is not supported; save it"):
        read_photo(make(jpeg().replace(b"\xff\xc0", bytes([0xFF, frame]))))
