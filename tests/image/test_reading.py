import hashlib
import io
import os
import zlib

import cv2
import numpy as np
import pytest
import simplejpeg
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from colorize_cli.errors import PhotoError
from colorize_cli.image.colour.already_colour import is_colour
from colorize_cli.image.photo import Photo
from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene
from tests.image.metadata.test_exif import block

EXIF = b"Exif\0\0" + block(6)
COLOURS = np.random.default_rng(3).integers(0, 256, (30, 40, 3), dtype=np.uint8)


def encoded(image, fmt, **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def png(pixels):
    return cv2.imencode(".png", pixels)[1].tobytes()


def tiff(pixels, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, **options)
    return out.getvalue()


def with_orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_each_format_is_told_by_its_content(make, fmt):
    data = encoded(Image.fromarray(scene()), fmt)
    photo = read_photo(make(data, "photo.txt"))
    assert photo.format == fmt.lower()
    assert photo.luma.shape == (60, 80) and photo.luma.dtype == np.uint8
    assert photo.digest == hashlib.sha256(data).hexdigest()
    assert (photo.alpha, photo.warnings, is_colour(photo)) == (None, (), False)
    assert np.abs(photo.luma.astype(int) - scene()).mean() < 2


def test_a_jpeg_gives_its_own_y_plane(make):
    data = encoded(Image.fromarray(COLOURS), "JPEG")
    luma = read_photo(make(data)).luma
    np.testing.assert_array_equal(luma, simplejpeg.decode_jpeg(data, "GRAY")[..., 0])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_modes_of_png_give_bt601_grey(make, mode):
    image = Image.fromarray(COLOURS).convert(mode)
    photo = read_photo(make(encoded(image, "PNG")))
    np.testing.assert_array_equal(photo.luma, np.asarray(image.convert("RGB").convert("L")))
    assert photo.alpha is None


@pytest.mark.parametrize("fmt", ["JPEG", "TIFF"])
def test_cmyk(make, fmt):
    image = Image.new("CMYK", (20, 10), (0, 0, 0, 155))
    luma = read_photo(make(encoded(image, fmt))).luma
    assert np.abs(luma.astype(int) - 100).max() <= 2


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_kept_apart(make, mode):
    image = Image.fromarray(COLOURS).convert(mode)
    image.putalpha(Image.fromarray(scene(30, 40)))
    photo = read_photo(make(encoded(image, "PNG")))
    np.testing.assert_array_equal(photo.alpha, scene(30, 40))
    np.testing.assert_array_equal(photo.luma, np.asarray(image.convert("RGB").convert("L")))


def test_a_transparent_palette_colour_is_transparency(make):
    image = Image.fromarray(scene()).convert("P")
    index = image.getpixel((0, 0))
    photo = read_photo(make(encoded(image, "PNG", transparency=index)))
    np.testing.assert_array_equal(photo.alpha == 0, np.asarray(image) == index)


def test_sixteen_bit_grey_is_kept(make):
    luma = scene(dtype=np.uint16)
    for data in (png(luma), tiff(luma), tiff(luma, compression="zlib")):
        photo = read_photo(make(data))
        assert photo.depth == 16
        np.testing.assert_array_equal(photo.luma, luma)


def test_white_is_zero_in_some_tiffs(make):
    deep = scene(dtype=np.uint16)
    assert (read_photo(make(tiff(65535 - deep, photometric="miniswhite"))).luma == deep).all()
    assert (read_photo(make(tiff(255 - scene(), photometric="miniswhite"))).luma == scene()).all()


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_sixteen_bit_colour_gives_sixteen_bit_grey(make, planar):
    rgb = COLOURS.astype(np.uint16) * 257
    stored = rgb if planar == "contig" else np.ascontiguousarray(np.moveaxis(rgb, -1, 0))
    photo = read_photo(make(tiff(stored, photometric="rgb", planarconfig=planar)))
    expected = rgb @ np.array([0.299, 0.587, 0.114])
    assert np.abs(photo.luma - expected).max() <= 1
    assert photo.chroma > 0


def test_sixteen_bit_png_with_transparency(make):
    rgba = np.dstack([COLOURS.astype(np.uint16) * 257, scene(30, 40, dtype=np.uint16)])
    photo = read_photo(make(png(rgba[..., [2, 1, 0, 3]])))
    np.testing.assert_array_equal(photo.alpha, rgba[..., 3])
    assert np.abs(photo.luma - rgba[..., :3] @ np.array([0.299, 0.587, 0.114])).max() <= 1


def test_a_codec_that_tifffile_lacks_is_met(make):
    luma = scene(dtype=np.uint16)
    data = cv2.imencode(".tiff", luma, (cv2.IMWRITE_TIFF_COMPRESSION, 5))[1].tobytes()
    np.testing.assert_array_equal(read_photo(make(data)).luma, luma)


@pytest.mark.parametrize("pixels", [np.full((4, 4), 3, np.float32), np.zeros((4, 4), np.int16)])
def test_other_depths_are_refused_with_advice(make, pixels):
    with pytest.raises(PhotoError, match=r"photo\.bin.*save it"):
        read_photo(make(tiff(pixels)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_orientation_is_applied_once(make, fmt, orientation):
    corner = np.full((32, 48), 20, np.uint8)
    corner[:16, :16] = 230
    exif = with_orientation(orientation)
    data = encoded(Image.fromarray(corner), fmt, exif=exif)
    upright = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    expected = Image.fromarray(corner)
    if orientation > 1:
        expected = expected.transpose(upright[orientation])
    photo = read_photo(make(data))
    assert photo.luma.shape == (expected.height, expected.width)
    assert np.abs(photo.luma.astype(int) - np.asarray(expected)).max() < 40


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_a_deep_tiff(make, orientation):
    deep = scene(20, 30, dtype=np.uint16)
    tag = (274, 3, 1, orientation, True)
    shallow = tiff((deep >> 8).astype(np.uint8), extratags=[tag])
    photo = read_photo(make(tiff(deep, extratags=[tag])))
    np.testing.assert_array_equal(photo.luma >> 8, read_photo(make(shallow)).luma)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_blocks_are_found(make, fmt):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(
        Image.fromarray(COLOURS),
        fmt,
        exif=b"Exif\0\0" + block(6),
        icc_profile=profile,
        dpi=(300, 200),
    )
    metadata = read_photo(make(data)).metadata
    exif = Image.Exif()
    exif.load(metadata.exif)
    assert exif[0x010E] == "a summer in 1912, by the lake"
    assert exif.get(0x0112, 1) == 1
    assert exif.get_ifd(0x8769)[0x9003] == "1999:01:02 03:04:05"
    assert exif.get_ifd(0x8825)[2] == (51.0, 30.0, 0.0)
    assert metadata.icc == profile
    if fmt != "WEBP":
        assert metadata.dpi == pytest.approx((200, 300), rel=0.001)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_block_costs_the_block(make, fmt):
    data = encoded(Image.fromarray(scene()), fmt, exif=b"Exif\0\0" + block()[:-30], icc_profile=b"x" * 200)
    photo = read_photo(make(data))
    assert photo.metadata.icc is None and b"a summer in 1912" in photo.metadata.exif
    assert ["EXIF" in w or "profile" in w for w in photo.warnings] == [True, True]
    assert photo.luma.shape == (80, 60)  # the orientation could still be read


def test_a_picture_that_moves_gives_its_first_frame(make):
    pages = [Image.fromarray(scene()), Image.fromarray(scene()[::-1])]
    data = encoded(pages[0], "WEBP", save_all=True, append_images=pages[1:], lossless=True)
    photo = read_photo(make(data))
    np.testing.assert_array_equal(photo.luma, scene())
    assert "2 frames" in photo.warnings[0]


@pytest.mark.parametrize("at", [20, 89])
def test_stray_bytes_in_a_jpeg_are_only_a_warning(make, at):
    data = encoded(Image.fromarray(scene()), "JPEG")
    photo = read_photo(make(data[:at] + b"\1\2\3" + data[at:]))
    assert np.abs(photo.luma.astype(int) - read_photo(make(data)).luma).max() <= 1
    assert "extraneous bytes" in photo.warnings[0]


def test_colour_is_told_from_toning(make):
    rng = np.random.default_rng(0)
    colour = cv2.resize(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8), (80, 60))
    assert is_colour(read_photo(make(encoded(Image.fromarray(colour), "JPEG"))))
    assert not is_colour(read_photo(make(png(scene()))))


def test_a_large_picture_is_refused_before_it_is_decoded(make):
    data = bytearray(png(scene()))
    data[16:24] = (200_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    with pytest.raises(PhotoError, match="200000 x 200000 pixels is more than the limit of 500"):
        read_photo(make(bytes(data)))
    with pytest.raises(PhotoError, match="more than the limit"):
        read_photo(make(encoded(Image.fromarray(scene()), "JPEG")), max_mpixels=0.001)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_file_cut_short_is_refused_with_its_name(make, fmt):
    rng = np.random.default_rng(0)
    data = encoded(Image.fromarray(rng.integers(0, 256, (64, 64), dtype=np.uint8)), fmt)
    with pytest.raises(PhotoError, match=r"photo\.bin: damaged or cut short .*; copy it again"):
        read_photo(make(data[: len(data) * 2 // 3]))


def test_a_deep_png_cut_short_is_refused(make):
    data = png(scene(dtype=np.uint16))
    with pytest.raises(PhotoError, match="cut short"):
        read_photo(make(data[:-200]))


def test_what_is_no_picture_is_refused(make, tmp_path):
    for data, reason in ((b"", "is empty"), (b"qoif....", "convert it"), (b"text", "convert it")):
        with pytest.raises(PhotoError, match=reason):
            read_photo(make(data))
    with pytest.raises(PhotoError, match="not a file"):
        read_photo(tmp_path)


def test_the_original_is_not_touched(make):
    path = make(encoded(Image.fromarray(scene()), "JPEG"))
    path.chmod(0o444)
    os.utime(path, (1, 1))
    before = path.read_bytes()
    read_photo(path)
    assert path.read_bytes() == before and path.stat().st_mtime == 1


SMALL = {
    "jpeg": encoded(Image.fromarray(COLOURS), "JPEG", exif=EXIF),
    "png": encoded(Image.fromarray(COLOURS), "PNG", exif=EXIF),
    "png16": png(scene(8, 9, dtype=np.uint16)),
    "tiff": encoded(Image.fromarray(COLOURS), "TIFF", exif=EXIF),
    "tiff16": tiff(scene(8, 9, dtype=np.uint16), compression="zlib"),
    "webp": encoded(Image.fromarray(COLOURS), "WEBP", exif=EXIF),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", SMALL)
@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_bytes_raise_anything_but_photo_error(kind, data, tmp_path):
    spoilt = bytearray(SMALL[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(spoilt) - 1) | st.integers(0, 120))
        noise = data.draw(st.binary(min_size=1, max_size=6))
        spoilt[at : at + len(noise)] = noise
    path = tmp_path / "spoilt"
    path.write_bytes(spoilt[: data.draw(st.integers(1, len(spoilt)) | st.just(len(spoilt)))])
    try:
        assert isinstance(read_photo(path, max_mpixels=1), Photo)
    except PhotoError as error:
        assert str(path) in str(error)
