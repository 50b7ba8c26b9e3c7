"""Palettes, LAB, YCbCr, old-style JPEG, CCITT, transparency and other channels of TIFF."""

import io

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from colorize_cli.errors import PhotoError
from colorize_cli.image.luminance import luminance_of
from colorize_cli.image.reading import read_photo
from tests.image.conftest import field, scene
from tests.image.conftest import written as picture
from tests.image.tiff.raw import BYTE, RATIONAL, SHORT, page, raw_tiff
from tests.image.tiff.test_matrix import BT601, written

GREY, RGB, PALETTE, YCBCR, CIELAB, ICCLAB = 1, 2, 3, 6, 8, 9
SCENE = scene()
HEIGHT, WIDTH = SCENE.shape
COLOURS = np.dstack([scene(seed=seed) for seed in (1, 2, 3)])
EXTRA = (338, SHORT)
INFRARED = "an extra channel (such as a scanner's infrared) that is no transparency is left out"


def luma(make, data):
    return read_photo(make(data)).luma.astype(float)


def by_libtiff(data):
    """Grey of what libtiff shows, as libvips and viewers do."""
    return imagecodecs.tiff_decode(data, asrgb=True)[..., :3] @ BT601


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("wide", [False, True], ids=["8-bit map", "16-bit map"])
def test_palettes(make, bits, wide):
    colours = np.random.default_rng(bits).integers(0, 256, (3, 2**bits))
    places = (SCENE >> (8 - bits)).astype(np.uint8)
    padded = np.unpackbits(places[..., None], axis=2)[..., 8 - bits :].reshape(HEIGHT, -1)
    tags = page(WIDTH, HEIGHT, [bits], PALETTE) | {320: (SHORT, (colours * (257 if wide else 1)).ravel())}
    data = raw_tiff(tags, [np.packbits(padded, axis=1).tobytes()])
    assert np.abs(luma(make, data) - (colours.T @ BT601)[places]).max() <= 1
    assert np.abs(by_libtiff(data) - (colours.T @ BT601)[places]).max() <= 2


def blocks(ycbcr, across, down):
    """Y, Cb, Cr as TIFF has them where a Cb and a Cr belong to several pixels."""
    high, wide = -(-HEIGHT // down), -(-WIDTH // across)
    full = np.pad(ycbcr, ((0, high * down - HEIGHT), (0, wide * across - WIDTH), (0, 0)), "edge")
    parts = full.reshape(high, down, wide, across, 3).swapaxes(1, 2).reshape(high, wide, -1, 3)
    return np.concatenate([parts[..., 0], parts[:, :, 0, 1:]], axis=2).astype(np.uint8)


@pytest.mark.parametrize("compression", [1, 5, 8, 32773])
@pytest.mark.parametrize("sub", [(1, 1), (2, 1), (2, 2), (1, 2), (4, 1), (4, 2), (4, 4)])
def test_ycbcr_is_seen_as_libtiff_sees_it(make, sub, compression):
    encode = {
        1: bytes,
        5: imagecodecs.lzw_encode,
        8: imagecodecs.zlib_encode,
        32773: imagecodecs.packbits_encode,
    }[compression]
    tags = page(WIDTH, HEIGHT, [8, 8, 8], YCBCR, compression) | {530: (SHORT, sub)}
    data = raw_tiff(tags, [encode(blocks(COLOURS, *sub).tobytes())])
    assert np.abs(luma(make, data) - by_libtiff(data)).max() <= 1.5
    assert np.abs(luma(make, data) - np.float64(COLOURS[..., 0])).mean() < 12  # what leaves RGB is clipped


def test_ycbcr_has_coefficients_and_levels(make):
    tags = page(WIDTH, HEIGHT, [8, 8, 8], YCBCR) | {
        530: (SHORT, (1, 1)),
        529: (RATIONAL, (2126, 10000, 7152, 10000, 722, 10000)),
        532: (RATIONAL, (16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1)),
    }
    data = raw_tiff(tags, [COLOURS.tobytes()])
    assert np.abs(luma(make, data) - by_libtiff(data)).max() <= 2.5


def test_ycbcr_cut_short_is_damaged(make):
    tags = page(WIDTH, HEIGHT, [8, 8, 8], YCBCR, 8) | {530: (SHORT, (2, 2))}
    data = raw_tiff(tags, [imagecodecs.zlib_encode(blocks(COLOURS, 2, 2).tobytes()[:-600])])
    with pytest.raises(PhotoError, match="damaged or cut short"):
        read_photo(make(data))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_old_style_jpeg(make, orientation):
    image = Image.fromarray(COLOURS)
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=95, subsampling=0)
    stream = jpeg.getvalue()
    tags = page(WIDTH, HEIGHT, [8, 8, 8], YCBCR, 6) | {
        274: (BYTE, orientation),
        513: (4, 8),
        514: (4, len(stream)),
        530: (SHORT, (1, 1)),
    }
    turns = [None, 0, 3, 1, 5, 4, 6, 2]
    turn = turns[orientation - 1]
    upright = image if turn is None else image.transpose(Image.Transpose(turn))
    assert np.abs(luma(make, raw_tiff(tags, [stream])) - np.asarray(upright) @ BT601).mean() < 2


@pytest.mark.parametrize("bits", [8, 16])
def test_lightness_of_lab_is_that_of_the_picture(make, bits):
    light = SCENE.astype(np.float64) / 255
    linear = np.where(light > 0.08, ((light * 100 + 16) / 116) ** 3, light * 100 / 903.3)
    grey = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    unit, dtype = (1, np.uint8) if bits == 8 else (257, np.uint16)
    for kind, zero in ((CIELAB, 0), (ICCLAB, 2 ** (bits - 1))):
        top = 65280 if kind == ICCLAB and bits == 16 else 255 * unit
        samples = np.dstack([np.rint(light * top), *[np.full_like(light, zero)] * 2]).astype(dtype)
        data = raw_tiff(page(WIDTH, HEIGHT, [bits] * 3, kind), [samples.tobytes()])
        photo = read_photo(make(data))
        assert np.abs(photo.luma - grey * 255 * unit).max() <= (2 if bits == 8 else 40)
        assert photo.chroma < 0.5


def test_colours_of_lab_are_those_that_lcms_sees(make):
    lab = np.dstack([SCENE // 2 + 60, scene(seed=8) // 4, 255 - scene(seed=9) // 4]).astype(np.uint8)
    signed = Image.frombytes("LAB", (WIDTH, HEIGHT), lab.tobytes())
    profiles = [ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")]
    seen = ImageCms.profileToProfile(signed, *profiles, renderingIntent=1, outputMode="RGB")
    data = raw_tiff(page(WIDTH, HEIGHT, [8, 8, 8], CIELAB), [lab.tobytes()])
    assert np.abs(luma(make, data) - np.asarray(seen) @ BT601).mean() < 2


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
@pytest.mark.parametrize("mirrored", [1, 2], ids=["msb", "lsb"])
def test_fax(make, compression, mirrored):
    ones = Image.fromarray(SCENE > 128)
    out = io.BytesIO()
    ones.save(out, "TIFF", compression=compression)
    data = out.getvalue()
    if mirrored == 2:
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            found = tiff.pages.first
            strips = [data[a : a + n] for a, n in zip(found.dataoffsets, found.databytecounts, strict=True)]
            kind, rows = int(found.photometric), found.rowsperstrip
        tags = page(WIDTH, HEIGHT, [1], kind, int(found.compression)) | {278: (SHORT, rows), 266: (SHORT, 2)}
        data = raw_tiff(tags, [imagecodecs.bitorder_encode(strip) for strip in strips])
    np.testing.assert_array_equal(luma(make, data), np.asarray(ones) * 255)


@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", ["minisblack", "rgb"])
@pytest.mark.parametrize("meaning", ["unspecified", "assocalpha", "unassalpha"])
def test_what_extra_channels_mean(make, kind, dtype, meaning, planes):
    unit = np.iinfo(dtype).max // 255
    colours = (COLOURS if kind == "rgb" else SCENE[..., None]).astype(dtype) * unit
    alpha = scene(seed=7).astype(dtype) * unit
    shown = colours
    if meaning == "assocalpha":
        shown = np.rint(colours * (alpha[..., None] / (255 * unit))).astype(dtype)
    data = written(np.dstack([shown, alpha]), kind, planes, extrasamples=[meaning])
    photo = read_photo(make(data))
    grey = colours @ BT601 if kind == "rgb" else np.float64(colours[..., 0])
    visible = alpha > 100 * unit
    assert np.abs(photo.luma - grey)[visible].max() <= (3 if meaning == "assocalpha" else 1)
    if meaning == "unspecified":
        assert photo.alpha is None and photo.warnings == (INFRARED,)
    else:
        np.testing.assert_array_equal(photo.alpha, alpha)
        assert photo.warnings == ()


@pytest.mark.parametrize("meaning", ["assocalpha", "unassalpha"])
def test_the_grey_under_transparency_comes_back_exactly(make, provenance, meaning):
    scan = read_photo(make(written(np.dstack([COLOURS, scene(seed=7)]), "rgb", extrasamples=[meaning])))
    path = make(picture(scan, field(), provenance, "tiff"), "picture.tif")
    made = read_photo(path)
    np.testing.assert_array_equal(luminance_of(path, made), scan.luma)
    np.testing.assert_array_equal(made.alpha, scan.alpha)


def test_channels_beside_cmyk_are_left_out(make):
    inks = np.dstack([COLOURS, SCENE, SCENE, SCENE])
    data = written(inks, "separated", extrasamples=["unspecified"] * 2)
    photo = read_photo(make(data))
    np.testing.assert_array_equal(photo.luma, luma(make, written(inks[..., :4], "separated")))
    assert photo.warnings[0].startswith("2 extra channels")


@pytest.mark.parametrize("order", "<>")
def test_orientation_may_be_a_byte(make, order):
    tags = page(WIDTH, HEIGHT, [8], GREY) | {274: (BYTE, 8)}
    np.testing.assert_array_equal(luma(make, raw_tiff(tags, [SCENE.tobytes()], order)), np.rot90(SCENE))


def tagged(bits=(8,), kind=GREY, compression=1, **more):
    tags = page(WIDTH, HEIGHT, list(bits), kind, compression)
    return raw_tiff(tags | {int(n[1:]): (SHORT, v) for n, v in more.items()}, [SCENE.tobytes() * 8])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (tagged(kind=32803), "kind CFA"),
        (tagged(kind=32844), "kind LOGL"),
        (tagged(bits=[16, 16, 16], kind=34892), "kind LINEAR_RAW"),
        (tagged(compression=34661), "compression JBIG"),
        (tagged(compression=50002), "compression JPEGXL"),
        (tagged(compression=12345), "compression 12345"),
        (tagged(compression=32773, t317=2), "predictor beside PackBits"),
        (tagged(compression=5, t317=9), "predictor 9"),
        (tagged(bits=[24]), "24 bits"),
        (tagged(bits=[64]), "64 bits"),
        (tagged(bits=[65535]), "65535 bits"),
        (tagged(bits=[5, 6, 5], kind=RGB), "5, 6, 5 bits"),
        (tagged(bits=[16], t339=2), "samples of kind INT"),
        (tagged(bits=[8], t32997=2), "depth"),
        (tagged(bits=[16] * 3, kind=YCBCR), "16 bits"),
        (tagged(bits=[8] * 3, kind=YCBCR, t284=2), "small chroma in planes"),
        (tagged(bits=[8] * 4, kind=5, t332=2), "other inks"),
    ],
)
def test_what_is_not_read_is_said_and_never_called_damaged(make, data, said):
    with pytest.raises(PhotoError, match=rf"photo\.bin: [^;]*{said}[^;]* is not supported; save it as"):
        read_photo(make(data))
