import errno
import io
import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import simplejpeg
import tifffile
from PIL import Image

from colorize_cli.errors import OutputError, PhotoError
from colorize_cli.image import (
    Metadata,
    Photo,
    Subsampling,
    encode_picture,
    losses,
    read_photo,
    write_atomic,
)
from colorize_cli.image.pixels import colour_picture
from colorize_cli.image.provenance import DIGITAL_SOURCE_TYPE
from colorize_cli.image.writing import FORMATS, TEMPORARY_PATTERN
from tests.image.conftest import field, scene
from tests.image.test_metadata import block, profile
from tests.image.test_provenance import EXISTING

METADATA = Metadata(exif=block(1), icc=profile(b"RGB "), xmp=EXISTING, dpi=(300.0, 200.0))


def photo(luma=None, **changes):
    luma = scene(61, 83) if luma is None else luma
    return replace(Photo(Path("a.tif"), luma, None, "tiff", Metadata(), "ef" * 32, 0.0), **changes)


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_carries_everything(make, provenance, fmt):
    data = encode_picture(photo(metadata=METADATA), field(), fmt, 92, provenance)
    again = read_photo(make(data))
    assert (again.format, again.luma.shape, again.warnings) == (fmt, (61, 83), ())
    assert DIGITAL_SOURCE_TYPE.encode() in again.metadata.xmp
    assert "Großmutter".encode() in again.metadata.xmp
    assert again.metadata.icc == METADATA.icc
    if fmt != "webp":
        assert again.metadata.dpi == pytest.approx((300, 200), abs=0.02)
    exif = Image.Exif()
    exif.load(again.metadata.exif)
    assert exif[0x010E] == "a summer in 1912, by the lake"
    assert exif.get_ifd(0x8769)[0x9003] == "1999:01:02 03:04:05"
    assert exif.get_ifd(0x8825)[2] == (51.0, 30.0, 0.0)


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_bare_photo_gets_provenance_and_nothing_else(make, provenance, fmt):
    again = read_photo(make(encode_picture(photo(), field(), fmt, 92, provenance)))
    assert "großmutter".encode() in again.metadata.xmp
    assert replace(again.metadata, xmp=None) == Metadata()


@pytest.mark.parametrize("fmt", ["png", "tiff", "webp"])
@pytest.mark.parametrize("alpha", [None, scene(61, 83, 5)])
def test_lossless_formats_hold_the_exact_picture(provenance, fmt, alpha):
    data = encode_picture(photo(alpha=alpha), field(), fmt, 100, provenance)
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
    png = np.frombuffer(encode_picture(deep, field(), "png", 92, provenance), np.uint8)
    tiff = io.BytesIO(encode_picture(deep, field(), "tiff", 92, provenance))
    for pixels in (cv2.imdecode(png, cv2.IMREAD_UNCHANGED)[..., [2, 1, 0]], tifffile.imread(tiff)):
        assert pixels.dtype == np.uint16
        np.testing.assert_array_equal(pixels[..., :3], expected)


def test_jpeg_keeps_the_luminance_and_asks_no_depth(provenance):
    deep = photo(scene(64, 96, dtype=np.uint16))
    data = encode_picture(deep, field(), "jpeg", 95, provenance, Subsampling.FULL)
    grey = simplejpeg.decode_jpeg(data, "GRAY")[..., 0]
    assert np.abs(grey.astype(int) - deep.luma / 257).max() < 8
    assert simplejpeg.decode_jpeg_header(data)[3] == "444"


def test_lower_quality_is_smaller(provenance):
    for fmt in ("jpeg", "webp"):
        sizes = [len(encode_picture(photo(), field(), fmt, q, provenance)) for q in (30, 90)]
        assert sizes[0] < sizes[1]


def test_a_size_that_a_format_cannot_hold_is_refused(provenance):
    wide = photo(np.zeros((1, 16384), np.uint8))
    with pytest.raises(PhotoError, match="webp ends at 16383"):
        encode_picture(wide, field(), "webp", 90, provenance)
    assert encode_picture(wide, field(), "png", 90, provenance)


def test_a_grey_profile_never_goes_on_a_colour_picture(make, provenance):
    grey = photo(metadata=Metadata(icc=profile(b"GRAY")))
    for fmt in FORMATS:
        assert read_photo(make(encode_picture(grey, field(), fmt, 90, provenance))).metadata.icc is None
    assert "profile" in losses(grey, "png")[0]


def test_a_packet_too_long_for_jpeg_is_replaced(make, provenance):
    long = EXISTING.replace("Großmutter".encode(), b"x" * 70_000)
    large = photo(metadata=Metadata(xmp=long))
    kept = read_photo(make(encode_picture(large, field(), "jpeg", 90, provenance))).metadata.xmp
    assert DIGITAL_SOURCE_TYPE.encode() in kept and b"xxx" not in kept
    assert "XMP" in losses(large, "jpeg")[0]
    assert losses(large, "tiff") == ()


def test_losses_of_depth_and_transparency():
    deep = scene(dtype=np.uint16)
    assert losses(photo(deep), "png") == losses(photo(), "jpeg") == ()
    assert [len(losses(photo(deep, alpha=deep), fmt)) for fmt in FORMATS] == [2, 0, 0, 1]


def test_write_atomic_follows_the_umask(tmp_path):
    path = tmp_path / "picture.jpg"
    before = os.umask(0o027)
    try:
        write_atomic(path, b"first")
        write_atomic(path, b"second")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"second"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match=r"picture\.jpg: .*No space left.*free some space"):
        write_atomic(path, b"new")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


def test_an_interruption_leaves_no_temporary(tmp_path, monkeypatch):
    seen = []

    def stop(temporary, _):
        seen.append(temporary.match(TEMPORARY_PATTERN))
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "picture.jpg", b"new")
    assert seen == [True] and not list(tmp_path.iterdir())


def test_missing_folders_are_made_unless_something_is_in_the_way(tmp_path):
    write_atomic(tmp_path / "a" / "b.jpg", b"new")
    assert (tmp_path / "a" / "b.jpg").read_bytes() == b"new"
    with pytest.raises(OutputError, match=r"c\.jpg: cannot be written"):
        write_atomic(tmp_path / "a" / "b.jpg" / "c.jpg", b"new")
