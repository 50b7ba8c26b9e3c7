import io
import struct
import sys
from dataclasses import fields

import cv2
import numpy as np
import pytest
from PIL import Image

from colorize_cli.errors import PhotoError
from colorize_cli.image.codecs import CODECS, STRIP_WRITERS
from colorize_cli.image.colour.already_colour import is_colour
from colorize_cli.image.formats import FORMATS, WRITTEN, Format, format_of
from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.photo import Metadata
from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene
from tests.image.metadata.test_exif import block
from tests.image.metadata.test_provenance import EXISTING

imagecodecs = pytest.importorskip("imagecodecs")
DEEP = (np.arange(48 * 64, dtype=np.uint16) * 21).reshape(48, 64)
DEEP_RGB = np.stack([DEEP, DEEP, DEEP], axis=2)


def pillow(pixels, fmt, **options):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, fmt, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("fmt", "kind", "options"),
    [
        ("JPEG2000", "jpeg2000", {"irreversible": False}),
        ("JPEG2000", "jpeg2000", {"no_jp2": True}),
        ("BMP", "bmp", {}),
        ("PPM", "pnm", {}),
        ("AVIF", "avif", {"quality": 95}),
    ],
)
@pytest.mark.parametrize("colours", [False, True])
def test_eight_bits(make, fmt, kind, options, colours):
    pixels = np.repeat(scene()[..., None], 3, axis=2) if colours else scene()
    photo = read_photo(make(pillow(pixels, fmt, **options), "scan"))
    assert (photo.format, photo.depth, photo.warnings, is_colour(photo)) == (kind, 8, (), False)
    assert np.abs(photo.luma.astype(int) - scene()).max() <= (8 if kind == "avif" else 0)


@pytest.mark.parametrize("pixels", [DEEP, DEEP_RGB], ids=["grey", "rgb"])
@pytest.mark.parametrize("kind", ["jp2", "pnm"])
def test_sixteen_bits_stay_sixteen(make, pixels, kind):
    if kind == "jp2":
        data = imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True)
    else:
        data = cv2.imencode(".pgm" if pixels.ndim == 2 else ".ppm", pixels)[1].tobytes()
    photo = read_photo(make(data))
    assert photo.depth == 16
    np.testing.assert_array_equal(photo.luma, DEEP)


def test_twelve_bits_are_stretched_to_sixteen(make):
    pixels = np.array([[0, 2048, 4095]], np.uint16).repeat(8, axis=0)
    data = b"P5\n# of a film scanner\n3 8\n4095\n" + pixels.astype(">u2").tobytes()
    assert read_photo(make(data)).luma[0].tolist() == [0, 32776, 65535]
    wide = np.array([[0, 2048, 4095] * 16], np.uint16).repeat(48, axis=0)
    data = imagecodecs.jpeg2k_encode(wide, level=0, reversible=True, bitspersample=12)
    assert read_photo(make(data)).luma[0, :3].tolist() == [0, 32776, 65535]


def test_lost_depth_is_said(make):
    data = imagecodecs.avif_encode((DEEP_RGB >> 4), bitspersample=12)
    photo = read_photo(make(data))
    assert "read as 8" in photo.warnings[0]
    assert np.abs(photo.luma.astype(int) - (DEEP >> 8)).mean() < 6


def test_heic_needs_its_package(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(PhotoError, match="pip install 'pi-heif>="):
        read_photo(make(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(50)))


@pytest.mark.parametrize("channels", [2, 4])
def test_sixteen_bits_with_transparency(make, channels, capfd):
    pixels = np.dstack([DEEP] * (channels - 1) + [DEEP[::-1]])
    photo = read_photo(make(imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True)))
    np.testing.assert_array_equal(photo.luma, DEEP)
    np.testing.assert_array_equal(photo.alpha, DEEP[::-1])
    assert capfd.readouterr() == ("", "")


def test_what_opencv_says_of_damage_stays_out_of_the_terminal(make, capfd):
    with pytest.raises(PhotoError, match="damaged"):
        read_photo(make(b"P5 40 30 65535 " + bytes(100)))
    assert capfd.readouterr() == ("", "")


def test_gif(make):
    photo = read_photo(make(pillow(scene(), "GIF")))
    assert (photo.format, is_colour(photo)) == ("gif", False)
    np.testing.assert_array_equal(photo.luma, scene())


def psd(pixels, depth=8, mode=1, resources=()):
    """A flattened Photoshop file of one channel, not compressed."""
    height, width = pixels.shape
    blocks = b"".join(
        b"8BIM"
        + kind.to_bytes(2, "big")
        + bytes(2)
        + len(body).to_bytes(4, "big")
        + body
        + bytes(len(body) % 2)
        for kind, body in resources
    )
    sides = height.to_bytes(4, "big") + width.to_bytes(4, "big")
    head = b"8BPS\0\1" + bytes(6) + b"\0\1" + sides + bytes([0, depth, 0, mode])
    return head + bytes(4) + len(blocks).to_bytes(4, "big") + blocks + bytes(4) + b"\0\0" + pixels.tobytes()


def test_psd(make):
    photo = read_photo(make(psd(scene(), resources=[(1060, EXISTING), (1058, block(6))])))
    np.testing.assert_array_equal(photo.luma, np.rot90(scene(), -1))
    assert photo.metadata.exif and b"summer" in photo.metadata.exif
    assert photo.metadata.xmp and photo.warnings == ()


def test_psd_of_other_kinds(make):
    for depth, mode in ((16, 1), (8, 9)):
        with pytest.raises(PhotoError, match="not supported; save it"):
            read_photo(make(psd(scene(), depth, mode)))


def box(name, *parts):
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + name + body


@pytest.mark.parametrize(("coding", "said"), [(b"unci", "uncompressed"), (b"hvc1", "damaged")])
def test_a_heif_of_another_coding_is_not_called_damaged(make, coding, said):
    pytest.importorskip("pi_heif")
    item = box(b"infe", b"\2\0\0\0", b"\0\1\0\0", coding, b"\0")
    listed = box(b"iinf", bytes(4), b"\0\1", item)
    handler = box(b"hdlr", bytes(8), b"pict", bytes(13))
    data = box(b"ftyp", b"mif1", bytes(4), b"mif1heic") + box(b"meta", bytes(4), handler, listed)
    with pytest.raises(PhotoError, match=said):
        read_photo(make(data))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", None),
        (b"P7\n", None),
        (b"", None),
    ],
)
def test_kinds_by_first_bytes(head, kind):
    found = format_of(head)
    assert (found and found.name) == kind


def test_every_row_of_the_table_has_what_it_needs():
    assert list(FORMATS) == list(CODECS) and tuple(Format) == (Format.SAME, *WRITTEN)
    assert {name for name, codec in CODECS.items() if codec.encode} == set(WRITTEN)
    blocks = {field.name for field in fields(Metadata)}
    for row in FORMATS.values():
        assert {*row.obscure} <= {*row.blocks} <= blocks
        assert not row.written or row.written in row.suffixes
        assert not row.exact or row.name in STRIP_WRITERS


def test_a_jpeg_of_endless_scans_is_refused(make):
    data = pillow(scene(), "JPEG", progressive=True)
    with pytest.raises(PhotoError, match="more than 500 scans"):
        read_photo(make(data[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * 600 + data[-2:]))


@pytest.mark.parametrize("compression", ["lzw", "zstd", "jpeg", "packbits", "deflate"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_compressed_tiffs(make, compression, dtype):
    import tifffile

    if compression == "jpeg" and dtype == np.uint16:
        pytest.skip("JPEG in TIFF has 8 bits")
    pixels = scene() if dtype == np.uint8 else DEEP
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, compression=compression, tile=(16, 16) if compression == "zstd" else None)
    photo = read_photo(make(out.getvalue()))
    assert photo.luma.dtype == dtype
    assert np.abs(photo.luma.astype(int) - pixels).max() <= (30 if compression == "jpeg" else 0)


@pytest.mark.parametrize(
    ("kind", "said"), [(b"DEBM", None), (b"KNIL", "another file"), (b"BGRs", None), (bytes(4), None)]
)
def test_the_profile_of_a_bmp(make, kind, said):
    plain, icc = pillow(scene(), "bmp"), gamma_profile(1.8)
    start = int.from_bytes(plain[10:14], "little")
    header = bytearray(plain[14:54].ljust(124, b"\0"))
    header[:4], header[56:60] = struct.pack("<I", 124), kind
    body = plain[54:]
    header[112:120] = struct.pack("<II", 124 + len(body), len(icc))
    data = plain[:10] + struct.pack("<I", start + 84) + bytes(header) + body + icc
    found = read_photo(make(data))
    assert found.metadata.icc == (icc if kind == b"DEBM" else None)
    assert [said in text for text in found.warnings] == ([True] if said else [])
    np.testing.assert_array_equal(found.luma, scene())


def test_primaries_of_a_bmp_are_not_lost_in_silence(make):
    plain = pillow(scene(), "bmp")
    header = bytearray(plain[14:54].ljust(108, b"\0"))
    header[:4], header[60:64] = struct.pack("<I", 108), struct.pack("<I", 0x28F5C28F)
    start = int.from_bytes(plain[10:14], "little")
    data = plain[:10] + struct.pack("<I", start + 68) + bytes(header) + plain[54:]
    assert read_photo(make(data)).warnings == ("its calibrated colours are read as sRGB",)


@pytest.mark.parametrize("most", [255, 65535])
def test_comments_of_a_pnm_travel(make, most):
    body = bytes(40 * 32 * (1 if most == 255 else 2))
    photo = read_photo(make(b"P5\n# Glass plate 12\n40 32\n# caf\xc3\xa9\n%d\n" % most + body))
    assert photo.metadata.texts == (("Comment", "Glass plate 12"), ("Comment", "café"))
