import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorize_cli.errors import PhotoError
from colorize_cli.hints.hint import Hint, ab_of
from colorize_cli.hints.hint_file import hints_digest, hints_in, read_hints

COAT = {"x": 0.42, "y": 0.31, "color": "#8a2020", "radius": 0.02, "label": "coat"}


def text(*entries, **whole):
    return json.dumps({"version": 1, "hints": list(entries)} | whole).encode()


def test_a_hint_is_a_place_and_its_colour():
    (hint,) = hints_in(text(COAT))
    assert (hint.x, hint.y, hint.radius, hint.label) == (0.42, 0.31, 0.02, "coat")
    assert (round(hint.a), round(hint.b)) == (44, 28)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": 420}, r"hint 2 \(coat\): x is 420; it is a fraction of the width"),
        ({"y": -0.1}, "fraction of the height"),
        ({"x": True}, "not a number"),
        ({"x": float("nan")}, "not a number"),
        ({"radius": 0}, "radius is 0"),
        ({"color": "reddish"}, "color is 'reddish', not one like"),
        ({"color": "#11223344"}, "not one like"),
        ({"color": 7}, "not one like"),
        ({"colour": "red"}, "'colour', which is not known"),
        ({"label": None}, "label is no text"),
    ],
)
def test_what_is_wrong_is_said_of_its_entry(change, said):
    with pytest.raises(ValueError, match=said):
        hints_in(text(COAT, COAT | change))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "not JSON"),
        (b"[]", "must look like"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (text(version=2), "version 2"),
        (text(page=2), "'page', which is not known"),
        (text([1, 2]), "hint 1 is no object"),
        (text({"x": 0.5, "color": "red"}), "hint 1: y is missing"),
    ],
)
def test_what_is_no_hint_file_is_said(data, said):
    with pytest.raises(ValueError, match=said):
        hints_in(data)


@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(
        lambda value: json.dumps({"hints": [value, {"x": value}]}).encode()
    )
)
def test_whatever_stands_there_gives_hints_or_a_reason(data):
    try:
        assert all(isinstance(hint, Hint) for hint in hints_in(data))
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize("name", ["grey", "#777", "white"])
def test_neutral_colours_have_no_chroma(name):
    assert ab_of(name) == pytest.approx((0, 0), abs=1e-9)


@pytest.mark.parametrize("key", ["x", "radius"])
def test_an_integer_of_400_digits_is_no_number(key):
    entry = {"x": 0.5, "y": 0.5, "color": "navy"} | {key: 10**400}
    with pytest.raises(ValueError, match=f"hint 1: {key} is 1000.* not a number that makes sense"):
        hints_in(text(entry))


def test_an_error_names_the_file(tmp_path):
    path = tmp_path / "aunt.hints.json"
    path.write_bytes(text(COAT | {"x": 2}))
    with pytest.raises(PhotoError, match=r"aunt.hints.json: hint 1"):
        read_hints([path], 40, 30)


def test_the_digest_is_that_of_all_contents(tmp_path):
    first, second = tmp_path / "a.hints.json", tmp_path / "a.hints.png"
    first.write_bytes(text(COAT))
    assert read_hints([first], 40, 30).digest == hints_digest([first]) != hints_digest([])
    second.write_bytes(b"dots")
    assert hints_digest([first, second]) not in (hints_digest([first]), hints_digest([second, first]))
    assert hints_digest([tmp_path / "gone.hints.json"]) == "unreadable"


def test_too_many_hints_are_refused(tmp_path):
    path = tmp_path / "a.hints.json"
    path.write_bytes(text(*[COAT] * 201))
    with pytest.raises(PhotoError, match="201 hints"):
        read_hints([path], 40, 30)
