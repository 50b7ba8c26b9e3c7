import io
import struct

import numpy as np
import pytest
from PIL import Image

from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.metadata.jp2 import jp2_metadata
from colorize_cli.image.photo import Metadata
from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene
from tests.image.metadata.test_exif import block
from tests.image.metadata.test_iptc import IIM
from tests.image.metadata.test_provenance import EXISTING


def box(name, body):
    return struct.pack(">I4s", 8 + len(body), name) + body


def uuid(number, body):
    return box(b"uuid", (number if len(number) == 16 else bytes.fromhex(number)) + body)


EXIF = uuid(b"JpgTiffExif->JP2", block(1))
XMP = uuid("BE7ACFCB97A942E89C71999491E3AFAC", EXISTING)
IPTC = uuid("33C7A4D2B81D4723A0BAF1A3E097AD38", IIM)
RESOLUTION = box(b"res ", box(b"resc", struct.pack(">4H2b", 10000, 127, 20000, 127, 2, 2)))


def jp2(*boxes, header=b""):
    """A file of Pillow's with more boxes in its header and behind it."""
    file = io.BytesIO()
    Image.fromarray(scene()).save(file, "jpeg2000", irreversible=False)
    data = file.getvalue()
    at = data.index(b"jp2h") - 4
    (length,) = struct.unpack_from(">I", data, at)
    inner = data[at + 8 : at + length]
    place = inner.index(b"colr") - 4
    inner = inner[:place] + header + (b"" if b"colr" in header else inner[place:])
    return data[:at] + box(b"jp2h", inner) + b"".join(boxes) + data[at + length :]


def test_every_block_travels(make):
    profile = box(b"colr", b"\2\0\0" + gamma_profile(1.0))
    data = jp2(EXIF, XMP, IPTC, header=profile + RESOLUTION)
    found = read_photo(make(data))
    assert found.warnings == ()
    assert (found.metadata.icc, found.metadata.iptc) == (gamma_profile(1.0), IIM)
    assert found.metadata.dpi == pytest.approx((400, 200))
    assert b"1999:01:02" in found.metadata.exif
    assert jp2_metadata(data)[0].xmp == EXISTING and found.metadata.xmp is not None
    np.testing.assert_array_equal(found.luma, scene())


def test_a_place_on_a_map_is_named():
    found, warnings = jp2_metadata(jp2(uuid("B14BF8BD083D4B43A5AE8CD7D5A6CE03", b"II*\0")))
    assert found == Metadata() and len(warnings) == 1 and "GeoJP2" in warnings[0]


@pytest.mark.parametrize(
    "data", [b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n\0\0\xff\0uuid", jp2(EXIF)[:90]]
)
def test_what_has_no_blocks_or_is_cut_short(data):
    assert jp2_metadata(data)[1] == ()
