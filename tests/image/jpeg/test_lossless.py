import io
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import simplejpeg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from colorize_cli.errors import PhotoError
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.delivery import losses
from colorize_cli.image.encoding import Encoding, Subsampling
from colorize_cli.image.jpeg.lossless import luma_of, require
from colorize_cli.image.jpeg.scans import first_component, parse
from colorize_cli.image.reading import read_photo
from colorize_cli.image.writing import encode_picture
from tests.image.conftest import field, scene


def scan(height, width, kind="L", **options):
    grey = scene(height, width) ^ np.random.default_rng(0).integers(0, 32, (height, width), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(grey).convert(kind).save(out, "JPEG", **options)
    return out.getvalue()


def coloured(path, provenance, **options):
    file = io.BytesIO()
    photo = read_photo(path)
    encode_picture(file, Canvas(photo), field(), Encoding("jpeg", lossless_luma=True, **options), provenance)
    return file.getvalue()


def scans_of(data):
    """The identifiers in each scan's header."""
    return [part.components for part in parse(data).parts if part.components]


def grey_of(data):
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", image.size)
        return np.asarray(image.convert("L")), simplejpeg.decode_jpeg(data, "GRAY")[..., 0]


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 8), (8, 8), (9, 17), (33, 50), (64, 127)])
@pytest.mark.parametrize("options", [{"quality": 20}, {"quality": 100}, {"quality": 75, "progressive": True}])
@pytest.mark.parametrize("kind", ["L", "RGB"])
@pytest.mark.parametrize("subsampling", list(Subsampling))
def test_the_grey_is_the_scans_bit_for_bit(make, provenance, size, options, kind, subsampling):
    if kind == "RGB":
        pytest.importorskip("jpeglib")
    data = scan(*size, kind, **options)
    picture = coloured(make(data), provenance, subsampling=subsampling)
    for ours, theirs in zip(grey_of(picture), grey_of(data), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    rgb = simplejpeg.decode_jpeg(picture, "RGB")
    assert rgb.shape == (*size, 3)
    assert b"colorize-cli" in picture


def test_the_picture_has_the_colours_that_were_asked_for(make, provenance):
    path = make(scan(64, 96, quality=95))
    plain, kept = io.BytesIO(), coloured(path, provenance)
    encode_picture(plain, Canvas(read_photo(path)), field(), Encoding("jpeg"), provenance)
    one, other = (simplejpeg.decode_jpeg(d, "RGB").astype(int) for d in (plain.getvalue(), kept))
    assert np.abs(one - other).mean() < 3
    assert np.ptp(one.mean((0, 1))) > 3  # there is colour


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (scan(20, 30, "CMYK"), "does not hold luminance"),
        (
            scan(20, 30, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
            "to be turned",
        ),
    ],
    ids=["cmyk", "turned"],
)
def test_what_cannot_be_carried_over_is_encoded_and_said(make, provenance, data, reason):
    path = make(data)
    photo = read_photo(path)
    assert reason in losses(photo, Encoding("jpeg", lossless_luma=True))[0]
    ours = simplejpeg.decode_jpeg(coloured(path, provenance), "GRAY")[..., 0]
    assert np.abs(ours.astype(int) - photo.luma).mean() < 6


@pytest.mark.parametrize("kind", ["L", "RGB"])
@pytest.mark.parametrize("subsampling", list(Subsampling))
@pytest.mark.parametrize("size", [(1, 1), (8, 16), (33, 51)])
def test_one_scan_holds_what_three_do(make, provenance, kind, subsampling, size):
    pytest.importorskip("jpeglib")
    path = make(scan(*size, kind))
    three, one = (
        coloured(path, provenance, subsampling=subsampling, separate_scans=apart) for apart in (True, False)
    )
    assert [len(scans_of(data)) for data in (three, one)] == [3, 1]
    np.testing.assert_array_equal(*(simplejpeg.decode_jpeg(data, "RGB") for data in (three, one)))


def test_three_scans_are_said_where_one_cannot_be_had(make, provenance, monkeypatch):
    monkeypatch.setattr("colorize_cli.image.delivery.is_installed", lambda: False)
    photo = read_photo(make(scan(20, 30)))
    assert "green stripes" in losses(photo, Encoding("jpeg", lossless_luma=True))[0]
    assert losses(photo, Encoding("jpeg", lossless_luma=True, separate_scans=True)) == ()
    assert losses(photo, Encoding("jpeg")) == ()


def test_other_formats_know_nothing_of_it(make):
    photo = read_photo(make(scan(20, 30)))
    assert losses(photo, Encoding("png", lossless_luma=True)) == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    quality=st.integers(1, 100),
    progressive=st.booleans(),
    restarts=st.integers(0, 5),
    step=st.sampled_from(list(Subsampling)),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_grey_scan_is_carried_over_byte_for_byte(
    make, provenance, height, width, quality, progressive, restarts, step, seed
):
    grey = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    out = io.BytesIO()
    options = {"progressive": progressive, "restart_marker_blocks": restarts}
    Image.fromarray(grey).save(out, "JPEG", quality=quality, **options)
    picture = coloured(make(out.getvalue()), provenance, subsampling=step, separate_scans=True)
    for ours, theirs in zip(grey_of(picture), grey_of(out.getvalue()), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    kept, found = first_component(parse(picture)), parse(out.getvalue())
    assert [part.data for part in kept.parts] == [part.data for part in found.parts]
    assert kept.quantisation == found.quantisation


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_colour_scans_give_their_luminance(make, provenance, subsampling):
    pytest.importorskip("jpeglib")
    data = scan(45, 71, "RGB", subsampling=subsampling, restart_marker_blocks=2)
    picture = coloured(make(data), provenance)
    for ours, theirs in zip(grey_of(picture), grey_of(data), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", ["L", "RGB"])
def test_a_scan_may_have_any_number_of_segments(make, provenance, kind):
    pytest.importorskip("jpeglib")
    plain = scan(40, 60, kind)
    data = plain[:20] + 200 * (b"\xff\xe5\x00\x10" + bytes(14)) + plain[20:]
    np.testing.assert_array_equal(grey_of(coloured(make(data), provenance)), grey_of(plain))


def test_threads_do_not_disturb_each_other():
    pytest.importorskip("jpeglib")
    # Metadata of many sizes: what jpeglib kept of one file was freed by the thread with another.
    scans = [scan(20 + i, 30 + i, "RGB", icc_profile=bytes(9000 * (i % 5) + 1)) for i in range(24)]
    alone = [luma_of(data) for data in scans]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(luma_of, scans)) == alone


def test_grey_scans_need_no_package(make, provenance, monkeypatch):
    monkeypatch.setitem(sys.modules, "jpeglib", None)
    data = scan(20, 30)
    np.testing.assert_array_equal(grey_of(coloured(make(data), provenance)), grey_of(data))
    with pytest.raises(PhotoError, match=r"photo\.bin: .*pip install"):
        coloured(make(scan(20, 30, "RGB")), provenance)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"quality": 60}, True),
        ({"quality": 80}, True),
        ({"quality": 81}, False),
        ({"quality": 60, "progressive": True}, False),
    ],
)
def test_a_grey_scan_is_encoded_anew_only_where_that_makes_it_smaller(make, provenance, options, kept):
    data, file = scan(40, 56, **options), io.BytesIO()
    encoding = Encoding("jpeg", 80, separate_scans=True)
    encode_picture(file, Canvas(read_photo(make(data))), field(), encoding, provenance)
    same = [np.array_equal(a, b) for a, b in zip(grey_of(file.getvalue()), grey_of(data), strict=True)]
    assert all(same) is kept


def test_a_scan_with_odd_data_is_encoded_anew(make, provenance):
    data, file = scan(40, 56, quality=60), io.BytesIO()
    odd = data[:-2] + b"rubbish" + data[-2:]
    encoding = Encoding("jpeg", 80, separate_scans=True)
    encode_picture(file, Canvas(read_photo(make(odd))), field(), encoding, provenance)
    assert b"rubbish" not in file.getvalue()


@pytest.mark.parametrize("cut", [3, 30, 200])
def test_what_is_cut_short_is_refused(cut):
    with pytest.raises(PhotoError, match="carried over"):
        luma_of(scan(20, 30)[:cut])


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "jpeglib", None)
    with pytest.raises(PhotoError, match="pip install 'jpeglib>="):
        require()
