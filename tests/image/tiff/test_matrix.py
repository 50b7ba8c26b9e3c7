"""The right grey of TIFF of every kind, depth, compression and layout.

The samples are known, for the files are made here; libtiff (by imagecodecs) sees the same ones.
"""

import io
import itertools

import imagecodecs
import numpy as np
import pytest
import tifffile

from colorize_cli.image.colour.black_and_white import WARNING
from colorize_cli.image.reading import read_photo
from tests.image.tiff.raw import page, raw_tiff

HEIGHT, WIDTH = 37, 51
SAMPLES = np.random.default_rng(5).random((HEIGHT, WIDTH, 5))
BT601 = np.array([0.299, 0.587, 0.114])


def levels(count, bits):
    """(H,W,count) random samples of some bits."""
    dtype = bool if bits == 1 else np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    return np.rint(SAMPLES[..., :count] * (2**bits - 1)).astype(dtype)


def of_cmyk(inks):
    return (1 - inks[..., :3]) * (1 - inks[..., 3:4]) @ BT601


# What to write as, samples of a pixel, and their grey, all of 0 to 1.
KINDS = {
    "grey": ("minisblack", 1, lambda v: v[..., 0]),
    "white": ("miniswhite", 1, lambda v: 1 - v[..., 0]),
    "rgb": ("rgb", 3, lambda v: v @ BT601),
    "cmyk": ("separated", 4, of_cmyk),
}
PACKED, WHOLE = (None, "lzw", "zlib", "packbits", "zstd", "lzma"), (8, 16, 32)
PREDICTED = ("lzw", "zlib", "zstd", "lzma")
LAYOUTS = {"strips": {"rowsperstrip": 16}, "one strip": {"rowsperstrip": HEIGHT}, "tiles": {"tile": (16, 32)}}


def written(samples, photometric, planes=False, byteorder="<", bigtiff=False, **options):
    out = io.BytesIO()
    stored = np.ascontiguousarray(np.moveaxis(samples, -1, 0)) if planes else samples
    stored = samples[..., 0] if samples.shape[-1] == 1 else stored
    if options.get("compression") == "lzma":
        options["compressionargs"] = {"level": 0}  # the higher ones fill 90 MB each time
    config = ("separate" if planes else "contig") if samples.shape[-1] > 1 else None
    with tifffile.TiffWriter(out, byteorder=byteorder, bigtiff=bigtiff) as tiff:
        tiff.write(stored, photometric=photometric, planarconfig=config, metadata=None, **options)
    return out.getvalue()


def expect_samples(data, samples, planes=False):
    """What libtiff, the second reader, sees of them, if it does: not of inks, nor of odd depths."""
    found = imagecodecs.tiff_decode(data)
    np.testing.assert_array_equal(np.atleast_3d(np.moveaxis(found, 0, -1) if planes else found), samples)


def expect_grey(make, data, grey, bits, warnings=()):
    """The file's grey to rounding, in 8 or 16 bits."""
    photo = read_photo(make(data, "scan.tif"))
    assert photo.luma.dtype == (np.uint8 if bits <= 8 else np.uint16) and photo.alpha is None
    top = np.iinfo(photo.luma.dtype).max
    assert np.abs(photo.luma - grey * top).max() < 2  # rounded up to three times
    assert photo.warnings == warnings


def deeper(bits):
    return (f"its {bits} bits per sample are read as 16",) if bits > 16 else ()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("bits", WHOLE)
@pytest.mark.parametrize("kind", KINDS)
def test_kinds_depths_compressions_and_layouts(make, kind, bits, compression, layout):
    photometric, count, grey_of = KINDS[kind]
    samples = levels(count, bits)
    grey = grey_of(samples / (2**bits - 1))
    for planes, order in itertools.product((False, True) if count > 1 else (False,), "<>"):
        data = written(
            samples, photometric, planes, order, order == ">", compression=compression, **LAYOUTS[layout]
        )
        if kind != "cmyk":
            expect_samples(data, samples, planes)
        expect_grey(make, data, grey, bits, deeper(bits))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("compression", PREDICTED)
@pytest.mark.parametrize("bits", WHOLE)
def test_differences_to_the_left(make, bits, compression, layout):
    samples = levels(3, bits)
    for planes, order in itertools.product((False, True), "<>"):
        data = written(samples, "rgb", planes, order, compression=compression, predictor=2, **LAYOUTS[layout])
        expect_samples(data, samples, planes)
        expect_grey(make, data, samples / (2**bits - 1) @ BT601, bits, deeper(bits))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("predictor", [None, 3])
@pytest.mark.parametrize("bits", [16, 32, 64])
def test_floating_point(make, bits, predictor, layout):
    samples = SAMPLES[..., :3].astype(f"f{bits // 8}")
    for planes, order in itertools.product((False, True), "<>"):
        data = written(
            samples, "rgb", planes, order, compression="zlib", predictor=predictor, **LAYOUTS[layout]
        )
        if bits > 16:
            expect_samples(data, samples, planes)
        expect_grey(make, data, np.float64(samples) @ BT601, 16, deeper(bits))


def packed(samples, bits):
    """Rows of samples of some bits, the highest bit first, whatever the file's byte order."""
    shifts = np.arange(bits - 1, -1, -1, dtype=np.uint32)
    every = (samples.reshape(len(samples), -1, 1).astype(np.uint32) >> shifts) & 1
    return np.packbits(every.reshape(len(samples), -1).astype(np.uint8), axis=1).tobytes()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 14])
@pytest.mark.parametrize("kind", KINDS)
def test_packed_samples(make, kind, bits, order):
    photometric, count, grey_of = KINDS[kind]
    samples = levels(count, bits)
    number = {"miniswhite": 0, "minisblack": 1, "rgb": 2, "separated": 5}[photometric]
    data = raw_tiff(page(WIDTH, HEIGHT, [bits] * count, number), [packed(samples, bits)], order)
    if bits in (1, 2, 4, 12) and count == 1:
        expect_samples(data, samples)
    told = deeper(bits) or ((WARNING,) if bits == 1 and count == 1 else ())
    expect_grey(make, data, grey_of(samples / (2**bits - 1)), bits, told)


@pytest.mark.parametrize("compression", ["webp", "jpeg2000", "lerc", "jpeg"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["grey", "rgb"])
def test_codecs_of_pictures(make, kind, layout, compression):
    if kind == "grey" and compression == "webp":
        pytest.skip("WebP has three colours")
    photometric, count, grey_of = KINDS[kind]
    smooth = np.linspace(0, 255, HEIGHT * WIDTH * count).reshape(HEIGHT, WIDTH, count).astype(np.uint8)
    options = {"webp": {"lossless": True}, "jpeg": {"level": 98}, "jpeg2000": {"reversible": True}}
    data = written(
        smooth,
        photometric,
        compression=compression,
        compressionargs=options.get(compression),
        **LAYOUTS[layout],
    )
    grey = read_photo(make(data)).luma.astype(float)
    assert np.abs(grey - grey_of(smooth.astype(float))).max() <= (6 if compression == "jpeg" else 1)


@pytest.mark.parametrize("sub", [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("bits", [8, 12])
def test_jpeg_in_ycbcr(make, bits, sub):
    ramp = np.linspace(0, 2**bits - 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1)
    colours = np.concatenate([ramp, ramp * 0.8, ramp * 0.5], axis=2)
    for layout in LAYOUTS.values():
        data = written(
            colours.astype(np.uint8 if bits == 8 else np.uint16),
            "rgb",
            compression="jpeg",
            subsampling=sub,
            compressionargs={"level": 98},
            **layout,
        )
        photo = read_photo(make(data))
        top = np.iinfo(photo.luma.dtype).max
        assert photo.depth == (8 if bits == 8 else 16)
        assert np.abs(photo.luma / top - colours @ BT601 / (2**bits - 1)).max() < 0.02


def test_two_channels_of_jpeg(make):
    grey = np.linspace(0, 255, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1).astype(np.uint8)
    data = written(np.dstack([grey, 255 - grey]), "minisblack", compression="jpeg", extrasamples=[2])
    photo = read_photo(make(data))
    assert np.abs(photo.luma.astype(int) - grey[..., 0]).max() <= 12
    assert np.abs(photo.alpha.astype(int) + grey[..., 0] - 255).max() <= 12
