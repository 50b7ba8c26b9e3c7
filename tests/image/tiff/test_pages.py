import io
import os
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorize_cli.errors import PhotoError
from colorize_cli.image.reading import read_photo
from colorize_cli.image.tiff.pages import MOST, count_pages, page_directories


def pages_of(*pages, dtype=np.uint8, **options):
    """A TIFF whose page i is evenly of the level pages[i]; None for a thumbnail."""
    out = io.BytesIO()
    with tifffile.TiffWriter(
        out, **{k: options.pop(k) for k in ("bigtiff", "byteorder") if k in options}
    ) as tiff:
        for level in pages:
            kind = 1 if level is None else 0
            pixels = np.full((20, 30), level or 0, dtype=dtype)
            tiff.write(pixels, subfiletype=kind, photometric="minisblack", contiguous=False, **options)
    return out.getvalue()


def numbers(data):
    """Places in the chain of a TIFF's pages."""
    return [found.number for found in page_directories(lambda at, length: bytes(data[at : at + length]))]


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_every_page_is_found_and_read_thumbnails_are_not(make, byteorder, bigtiff, dtype, compression):
    data = pages_of(
        10, None, 20, 30, byteorder=byteorder, bigtiff=bigtiff, dtype=dtype, compression=compression
    )
    path = make(data)
    assert count_pages(path) == 3
    assert [int(read_photo(path, page=p).luma[0, 0]) for p in range(3)] == [10, 20, 30]


def test_a_page_that_is_not_there_is_said(make):
    with pytest.raises(PhotoError, match=r"has no page 4; there are 3"):
        read_photo(make(pages_of(1, 2, 3)), page=3)


@pytest.mark.parametrize(
    "data", [b"", b"II", b"II*\0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08\xff\xff", b"\xff\xd8\xff"]
)
def test_what_is_no_tiff_or_damaged_has_one_page(make, data):
    assert count_pages(make(data)) == 1


def test_a_file_that_is_gone_has_one_page(tmp_path):
    assert count_pages(tmp_path / "gone.tif") == 1


def test_a_chain_in_a_circle_ends():
    data = bytearray(pages_of(1, 2))
    first = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[first : first + 2], "little")
    pointer = first + 2 + 12 * count
    data[pointer : pointer + 4] = first.to_bytes(4, "little")
    assert numbers(data) == [0]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200).map(lambda tail: b"II*\0" + tail))
def test_no_bytes_are_trouble(data):
    assert len(numbers(data)) <= 10


def test_pages_of_fax_and_jpeg_are_read(make):
    ones = Image.fromarray(np.tile(np.uint8([[0, 255]]), (16, 16)) > 0)
    out = io.BytesIO()
    ones.save(out, "TIFF", compression="group4", save_all=True, append_images=[ones])
    path = make(out.getvalue())
    assert count_pages(path) == 2
    np.testing.assert_array_equal(read_photo(path, page=1).luma, np.asarray(ones) * np.uint8(255))


def chain(count):
    """A TIFF of many directories, each with a width only."""
    size = 2 + 12 + 4
    parts = [struct.pack("<2sHI", b"II", 42, 8)]
    for i in range(count):
        after = 8 + (i + 1) * size if i + 1 < count else 0
        parts.append(struct.pack("<HHHIII", 1, 256, 4, 1, 8, after))
    return b"".join(parts)


def test_pages_beyond_the_last_that_is_read_are_told_of(make):
    assert count_pages(make(chain(MOST))) == MOST
    path = make(chain(MOST + 500))
    assert count_pages(path) == MOST + 1
    with pytest.raises(
        PhotoError, match=r"more than 10,000 pages, and those from page 10001 on are not read"
    ):
        read_photo(path, page=MOST)


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_only_files_are_looked_into(tmp_path, kind):
    path = tmp_path / "scan.tif"
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    assert count_pages(path) == 1


def test_the_small_version_in_a_raw_file_is_not_taken_for_the_photo(make):
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as tiff:
        small = np.zeros((20, 30), np.uint8)
        tiff.write(small, subifds=1, subfiletype=1, metadata=None)
        tiff.write(np.zeros((200, 300), np.uint8), metadata=None)
    with pytest.raises(PhotoError, match="only a small version of its picture"):
        read_photo(make(out.getvalue()))
