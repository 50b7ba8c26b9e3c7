"""BMP of bit fields that Pillow does not know, against the levels that were packed."""

import struct

import numpy as np
import pytest

from colorize_cli.errors import PhotoError
from colorize_cli.image.reading import read_photo
from tests.image.test_reading import COLOURS


def bmp(bits, masks, levels=COLOURS, compression=3):
    """A BMP whose pixels hold red, green and blue under these masks."""
    pixels = np.zeros(levels.shape[:2], np.uint32)
    for channel, mask in enumerate(masks):
        lowest = mask & -mask
        pixels += (levels[..., channel].astype(np.uint32) * (mask // lowest) + 127) // 255 * lowest
    rows = [row.tobytes() for row in pixels.astype("<u4" if bits == 32 else "<u2")[::-1]]
    body = b"".join(row + bytes(-len(row) % 4) for row in rows)
    height, width = levels.shape[:2]
    head = struct.pack("<IiiHHIIiiII3I", 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0, *masks)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(body), 0, 0, 14 + len(head)) + head + body


FIELDS = {
    "usual": (32, (0xFF0000, 0xFF00, 0xFF)),
    "turned": (32, (0xFF000000, 0xFF0, 0xFF0000)),
    "ten bits": (32, (0x3FF00000, 0xFFC00, 0x3FF)),
    "four bits": (16, (0xF00, 0xF0, 0xF)),
    "five and six bits": (16, (0xF800, 0x7E0, 0x1F)),
}


@pytest.mark.parametrize("kind", FIELDS)
def test_bit_fields_of_any_place_and_width(make, kind):
    bits, masks = FIELDS[kind]
    found = read_photo(make(bmp(bits, masks)))
    half_a_step = 255 / min(mask // (mask & -mask) for mask in masks) / 2
    assert np.abs(found.luma - COLOURS @ np.array([0.299, 0.587, 0.114])).max() <= half_a_step + 1
    assert found.alpha is None and found.chroma > 0


def test_its_size_is_looked_at_before_it_is_decoded(make):
    with pytest.raises(PhotoError, match="more than the limit"):
        read_photo(make(bmp(*FIELDS["turned"])), max_mpixels=0.0001)


def test_what_no_library_reads_is_not_called_damaged(make):
    with pytest.raises(PhotoError, match=r"not supported.*save it as"):
        read_photo(make(bmp(32, (1, 1, 1), compression=9)))
