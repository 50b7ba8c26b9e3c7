import errno
import hashlib
import io
import os
from dataclasses import replace

import cv2
import numpy as np
import pytest
import simplejpeg
import tifffile
from PIL import Image

from colorize_cli.errors import OutputError, PhotoError
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.rgb import colour_picture, colour_strips
from colorize_cli.image.delivery import losses
from colorize_cli.image.encoding import Encoding, Subsampling
from colorize_cli.image.formats import WRITTEN
from colorize_cli.image.icc.build import gamma_profile, rgb_profile
from colorize_cli.image.icc.curve import srgb_curve
from colorize_cli.image.icc.profile import space_of
from colorize_cli.image.metadata.provenance import provenance_in
from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.image.metadata.xmp import PHOTOSHOP, Packet
from colorize_cli.image.photo import Metadata
from colorize_cli.image.reading import read_photo
from colorize_cli.image.writing import write_picture
from tests.image.conftest import field, photo, scene, written
from tests.image.metadata.test_exif import block
from tests.image.metadata.test_provenance import DIGITAL_SOURCE_TYPE, EXISTING

METADATA = Metadata(exif=block(1), icc=rgb_profile(srgb_curve(), "x"), xmp=EXISTING, dpi=(300.0, 200.0))


@pytest.mark.parametrize("fmt", WRITTEN)
def test_every_format_carries_everything(make, provenance, fmt):
    data = written(photo(metadata=METADATA), field(), provenance, fmt, 92)
    again = read_photo(make(data))
    assert (again.format, again.luma.shape, again.warnings) == (fmt, (61, 83), ())
    assert DIGITAL_SOURCE_TYPE.encode() in again.metadata.xmp
    assert "Großmutter".encode() in again.metadata.xmp
    assert again.metadata.icc == METADATA.icc
    assert again.metadata.dpi == pytest.approx((300, 200), abs=0.02)
    exif = Image.Exif()
    exif.load(again.metadata.exif)
    assert exif[0x010E] == "a summer in 1912, by the lake"
    assert exif.get_ifd(0x8769)[0x9003] == "1999:01:02 03:04:05"
    assert exif.get_ifd(0x8825)[2] == (51.0, 30.0, 0.0)


@pytest.mark.parametrize("fmt", WRITTEN)
def test_a_bare_photo_gets_provenance_and_nothing_else(make, provenance, fmt):
    again = read_photo(make(written(photo(), field(), provenance, fmt, 92)))
    assert "großmutter".encode() in again.metadata.xmp
    assert replace(again.metadata, xmp=None) == Metadata()


@pytest.mark.parametrize("fmt", ["png", "tiff", "webp"])
@pytest.mark.parametrize("alpha", [None, scene(61, 83, 5)])
def test_lossless_formats_hold_the_exact_picture(provenance, fmt, alpha):
    data = written(photo(alpha=alpha), field(), provenance, fmt, 100)
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image)
    seen = slice(None) if alpha is None else alpha > 0
    np.testing.assert_array_equal(pixels[..., :3][seen], colour_picture(scene(61, 83), field())[seen])
    if alpha is not None:
        np.testing.assert_array_equal(pixels[..., 3], alpha)


@pytest.mark.parametrize("alpha", [None, scene(61, 83, 5, np.uint16)])
def test_sixteen_bits_stay_sixteen(provenance, alpha):
    deep = photo(scene(61, 83, dtype=np.uint16), alpha=alpha)
    expected = colour_picture(deep.luma, field())
    png = np.frombuffer(written(deep, field(), provenance, "png", 92), np.uint8)
    tiff = io.BytesIO(written(deep, field(), provenance, "tiff", 92))
    for pixels in (cv2.imdecode(png, cv2.IMREAD_UNCHANGED)[..., [2, 1, 0]], tifffile.imread(tiff)):
        assert pixels.dtype == np.uint16
        np.testing.assert_array_equal(pixels[..., :3], expected)


def test_jpeg_keeps_the_luminance_and_asks_no_depth(provenance):
    deep = photo(scene(64, 96, dtype=np.uint16))
    data = written(deep, field(), provenance, "jpeg", 95, Subsampling.FULL)
    grey = simplejpeg.decode_jpeg(data, "GRAY")[..., 0]
    assert np.abs(grey.astype(int) - deep.luma / 257).max() < 8
    assert simplejpeg.decode_jpeg_header(data)[3] == "444"


def test_lower_quality_is_smaller(provenance):
    for fmt in ("jpeg", "webp"):
        sizes = [len(written(photo(), field(), provenance, fmt, q)) for q in (30, 90)]
        assert sizes[0] < sizes[1]


@pytest.mark.parametrize(("fmt", "most"), [("webp", 16383), ("avif", 32768)])
def test_a_size_that_a_format_cannot_hold_is_refused(provenance, fmt, most):
    wide = photo(np.zeros((1, most + 1), np.uint8))
    with pytest.raises(PhotoError, match=f"{fmt} ends at {most}"):
        written(wide, field(), provenance, fmt, 90)
    assert written(wide, field(), provenance, "png", 90)


@pytest.mark.parametrize(("fmt", "most"), [("webp", 16383), ("avif", 32768)])
def test_the_longest_side_can_be_read_again(provenance, fmt, most):
    data = written(photo(np.full((1, most), 90, np.uint8)), field(), provenance, fmt)
    with Image.open(io.BytesIO(data)) as image:
        assert image.convert("RGB").size == (most, 1)


@pytest.mark.parametrize("fmt", WRITTEN)
def test_a_grey_profile_gives_its_tone_to_an_rgb_one(make, provenance, fmt):
    grey = photo(metadata=Metadata(icc=gamma_profile(1.8)))
    icc = read_photo(make(written(grey, field(), provenance, fmt, 90))).metadata.icc
    assert icc[16:20] == b"RGB "
    np.testing.assert_array_equal(space_of(icc).light, space_of(gamma_profile(1.8)).light)
    assert losses(grey, Encoding(fmt)) == ()


def test_a_packet_too_long_for_one_segment_is_kept(make, provenance):
    long = EXISTING.replace("Großmutter".encode(), b"x" * 70_000)
    large = photo(metadata=Metadata(xmp=long))
    kept = read_photo(make(written(large, field(), provenance, "jpeg", 90))).metadata.xmp
    assert DIGITAL_SOURCE_TYPE.encode() in kept and b"x" * 70_000 in kept
    assert losses(large, Encoding("jpeg")) == ()


def test_a_packet_that_cannot_be_shared_out_is_replaced(make, provenance):
    long = EXISTING.replace(b"</rdf:RDF>", b"</rdf:RDF><odd>" + b"x" * 70_000 + b"</odd>")
    large = photo(metadata=Metadata(xmp=long))
    kept = read_photo(make(written(large, field(), provenance, "jpeg", 90))).metadata.xmp
    assert DIGITAL_SOURCE_TYPE.encode() in kept and b"xxx" not in kept
    assert "XMP" in losses(large, Encoding("jpeg"))[0] and losses(large, Encoding("tiff")) == ()


def test_losses_of_depth_and_transparency():
    deep = scene(dtype=np.uint16)
    assert losses(photo(deep), Encoding("png")) == losses(photo(), Encoding("jpeg")) == ()
    assert [len(losses(photo(deep, alpha=deep), Encoding(fmt))) for fmt in WRITTEN] == [2, 0, 0, 1, 1]


def test_a_file_follows_the_umask_and_is_told_by_size_and_digest(tmp_path, provenance):
    path = tmp_path / "picture.jpg"
    before = os.umask(0o027)
    try:
        told = write_picture(path, Canvas(photo()), field(), Encoding("jpeg"), provenance, durable=True)
    finally:
        os.umask(before)
    data = path.read_bytes()
    assert (told.size, told.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "advice"), [(errno.ENOSPC, "free some space"), (errno.EROFS, "check the folder")]
)
def test_what_hinders_writing_is_said(tmp_path, provenance, monkeypatch, number, advice):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("colorize_cli.image.writing.encode_picture", refuse)
    with pytest.raises(OutputError, match=f"{tmp_path}: cannot be written .*{os.strerror(number)}.*{advice}"):
        write_picture(tmp_path / "a.png", Canvas(photo()), field(), Encoding("png"), provenance)


def test_a_folder_that_is_gone_is_an_output_error(tmp_path, provenance):
    with pytest.raises(OutputError, match="gone: cannot be written"):
        write_picture(tmp_path / "gone/a.png", Canvas(photo()), field(), Encoding("png"), provenance)


@pytest.mark.parametrize("fmt", ["png", "tiff"])
def test_large_pictures_are_written_in_strips(provenance, fmt, monkeypatch):
    tall = photo(scene(300, 40, dtype=np.uint16))
    heights = []
    real = Canvas(tall)
    for strip in colour_strips(real.photo.luma, real.upsampler, field()):
        heights.append(len(strip))
    assert heights == [64, 64, 64, 64, 44]
    again = np.frombuffer(written(tall, field(), provenance, fmt), np.uint8)
    pixels = cv2.imdecode(again, cv2.IMREAD_UNCHANGED)[..., ::-1]
    np.testing.assert_array_equal(pixels, colour_picture(tall.luma, field()))


@pytest.mark.parametrize("fmt", WRITTEN)
@pytest.mark.parametrize("page", [None, 3])
def test_every_format_says_how_it_was_made(make, provenance, fmt, page):
    said = replace(provenance, page=page, source_type=SourceType.ENHANCED)
    picture = read_photo(make(written(photo(), field(), said, fmt)))
    assert provenance_in(picture.metadata.xmp) == said


def test_a_long_packet_does_not_hide_it(make, provenance):
    packet = Packet()
    packet.put({f"{{{PHOTOSHOP}}}History": "x" * 100_000})
    large = photo(metadata=Metadata(xmp=packet.to_bytes()))
    path = make(written(large, field(), provenance, "jpeg"))
    assert provenance_in(read_photo(path).metadata.xmp) == provenance
    with Image.open(path) as image:  # for readers that know no extensions
        assert provenance_in(image.info["xmp"]) == provenance
