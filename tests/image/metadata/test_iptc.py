import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.image.metadata.iptc import (
    check_iptc,
    fields_without_property,
    iptc_properties,
    unpadded_iptc,
)


def dataset(number, data, record=2):
    return struct.pack(">BBBH", 0x1C, record, number, len(data)) + data


UTF8 = dataset(90, b"\x1b%G", 1)
IIM = UTF8 + b"".join(
    [
        dataset(0, b"\0\4"),
        dataset(25, b"lake"),
        dataset(25, "Großmutter".encode()),
        dataset(55, b"19120704"),
        dataset(60, b"103000+0100"),
        dataset(80, "Müller".encode()),
        dataset(120, b"Am See"),
    ]
)


def found(block):
    return {p.name.rpartition("}")[2]: p.values for p in iptc_properties(block)}


def test_fields_become_properties():
    assert found(IIM) == {
        "subject": ("lake", "Großmutter"),
        "DateCreated": ("1912-07-04T10:30:00+01:00",),
        "creator": ("Müller",),
        "description": ("Am See",),
    }


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_an_unnamed_encoding_is_found(encoding):
    assert found(dataset(120, "Großmutter".encode(encoding)))["description"] == ("Großmutter",)


@pytest.mark.parametrize(
    ("day", "date"), [(b"19120000", "1912"), (b"19120700", "1912-07"), (b"summer", "summer")]
)
def test_dates_are_as_exact_as_they_were(day, date):
    assert found(dataset(55, day))["DateCreated"] == (date,)


def test_fields_without_a_property_are_named():
    assert fields_without_property(IIM + dataset(131, b"L") + dataset(7, b"x")) == (7, 131)


def test_words_of_a_tiff_lose_their_filling_and_their_turn():
    padded = IIM + bytes(-len(IIM) % 4)
    turned = b"".join(padded[i : i + 4][::-1] for i in range(0, len(padded), 4))
    assert unpadded_iptc(padded + bytes(4)) == unpadded_iptc(turned) == IIM


def test_a_long_dataset_states_the_length_of_its_length():
    long = struct.pack(">BBBHI", 0x1C, 2, 120, 0x8004, 40_000) + b"x" * 40_000
    assert found(long)["description"] == ("x" * 40_000,)


@pytest.mark.parametrize("damaged", [IIM[:-2], b"\x1d" + IIM[1:], IIM + b"rest", IIM[:4]])
def test_damage_is_refused(damaged):
    with pytest.raises(ValueError, match="dataset"):
        check_iptc(damaged)


@given(st.integers(0, len(IIM)), st.binary(min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise_anything_but_value_error(at, noise):
    data = bytearray(IIM)
    data[at : at + len(noise)] = noise
    with suppress(ValueError):
        check_iptc(bytes(data))
        iptc_properties(bytes(data))
        fields_without_property(bytes(data))
