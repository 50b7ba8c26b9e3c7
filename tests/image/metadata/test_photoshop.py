import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.image.metadata.photoshop import (
    has_content,
    join_resources,
    split_resources,
    turned_resources,
)
from tests.image.metadata.test_iptc import IIM


def resource(number, data, name=b""):
    pascal = bytes((len(name),)) + name
    pascal += b"\0" * (len(pascal) % 2)
    return (
        b"8BIM"
        + struct.pack(">H", number)
        + pascal
        + struct.pack(">I", len(data))
        + data
        + b"\0" * (len(data) % 2)
    )


PATH, PRINT, DPI = (
    resource(0x07D0, b"a path", b"outline"),
    resource(0x03F3, b"flag!"),
    resource(0x03ED, b"x" * 16),
)
THUMBNAIL = resource(0x040C, b"grey thumbnail")
ALL = PRINT + resource(0x0404, IIM) + THUMBNAIL + DPI + PATH


def test_iptc_comes_apart_and_thumbnails_go():
    assert split_resources(ALL) == (IIM, PRINT + DPI + PATH)
    assert split_resources(b"") == (None, None)
    assert split_resources(THUMBNAIL) == (None, None)


def test_both_come_together_again():
    assert split_resources(join_resources(IIM, PRINT)) == (IIM, PRINT)
    assert split_resources(join_resources(IIM, None)) == (IIM, None)
    assert join_resources(None, None) == b""


def test_what_lies_along_the_sides_goes_when_they_change_places():
    assert turned_resources(PRINT + DPI + PATH) == PRINT
    assert turned_resources(DPI) is None


def test_a_resolution_alone_is_no_content():
    assert has_content(PRINT) and not has_content(DPI)


@pytest.mark.parametrize("damaged", [ALL[:-3], b"8BXM" + ALL[4:], ALL + b"rest"])
def test_damage_is_refused(damaged):
    with pytest.raises(ValueError, match="image resource"):
        split_resources(damaged)


@given(st.integers(0, len(ALL)), st.binary(min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise_anything_but_value_error(at, noise):
    data = bytearray(ALL)
    data[at : at + len(noise)] = noise
    with suppress(ValueError):
        split_resources(bytes(data))
        turned_resources(bytes(data))


def test_a_second_iptc_block_is_kept_beside_the_first():
    second = resource(0x0404, IIM + IIM[:5] + bytes(2))
    assert split_resources(resource(0x0404, IIM) + PRINT + second) == (IIM, PRINT + second)
    assert split_resources(resource(0x0404, IIM) * 2) == (IIM, None)


@pytest.mark.parametrize("length", [0, 1])
def test_iptc_keeps_its_length(length):
    odd = IIM + bytes(length)
    assert split_resources(join_resources(odd, PRINT)) == (odd, PRINT)
