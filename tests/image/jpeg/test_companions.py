import io
import struct

import pytest
from PIL import Image

from colorize_cli.image.jpeg.scans import pack_segment
from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene


def jpeg(*segments):
    file = io.BytesIO()
    Image.fromarray(scene()).save(file, "jpeg")
    data = file.getvalue()
    return data[:20] + b"".join(pack_segment(*segment) for segment in segments) + data[20:]


DUCKY = (0xEC, b"Ducky" + struct.pack(">HHI", 1, 4, 60))
NAMED = {
    "CIFF": (0xE0, b"II\x1a\0\0\0HEAPJPGM" + bytes(8)),
    "MPO": (0xE2, b"MPF\0II*\0"),
    "gain map": (0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)),
    "picture info (APP12)": (0xEC, b"[picture info]\r\nTimeDate=1\r\n"),
    "Photoshop comment": (DUCKY[0], DUCKY[1] + struct.pack(">HHI2s", 2, 6, 1, b"\0A") + bytes(2)),
    "APP3 (Meta)": (0xE3, b"Meta\0\0II*\0"),
}


@pytest.mark.parametrize("kind", NAMED)
def test_what_stays_behind_is_named(make, kind):
    (said,) = read_photo(make(jpeg(NAMED[kind]))).warnings
    assert kind in said and said.endswith("will not be in the picture")


def test_a_video_behind_the_picture_is_named(make):
    video = struct.pack(">I4s4s", 16, b"ftyp", b"mp42") + bytes(4)
    assert "motion video" in read_photo(make(jpeg() + video)).warnings[-1]


@pytest.mark.parametrize("data", [jpeg(), jpeg(DUCKY), jpeg((0xFE, b"ftypmp42")), jpeg((0xE5, bytes(9)))])
def test_nothing_is_said_of_what_is_not_lost(make, data):
    assert read_photo(make(data)).warnings == ()


def test_pixels_that_are_not_square_are_named(make):
    data = bytearray(jpeg())
    data[13:18] = struct.pack(">BHH", 0, 2, 1)
    assert "not square (2 to 1" in read_photo(make(bytes(data))).warnings[0]
