import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorize_cli.errors import NoInputError, OutputError
from colorize_cli.output.picks import Choice, parsed_choice, read_picks, write_picks

texts = st.text(max_size=20) | st.just("odd\udcff\n</script>")
choices = st.builds(
    Choice,
    photo=texts,
    page=st.none() | st.integers(1, 99),
    variant=st.none() | st.integers(0, 100),
    note=texts,
    sha256=st.none() | st.text("0123456789abcdef", min_size=1),
    at=st.none(),
)


@given(choice=choices)
def test_a_choice_comes_back_as_it_was_written(choice):
    assert parsed_choice(json.loads(json.dumps(choice.written()))) == choice


def test_none_is_good_and_undecided_are_not_the_same():
    assert Choice("a", variant=0).written() == {"photo": "a", "page": None, "variant": None}
    assert Choice("a").written() == {"photo": "a", "page": None}


def test_a_file_is_read_as_it_was_written_and_later_picks_count(tmp_path):
    path = tmp_path / "picks.json"
    write_picks(path, [Choice("a", variant=1), Choice("b", note="aunt?"), Choice("a", variant=2)])
    assert read_picks(path) == {"a": Choice("a", variant=2), "b": Choice("b", note="aunt?")}
    assert [p.name for p in tmp_path.iterdir()] == ["picks.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version":1}',
        '{"version":2,"picks":[]}',
        '{"version":1,"picks":[3]}',
        "[" * 100_000,
        "\xff",
    ],
)
def test_anything_else_is_no_file_of_picks(tmp_path, text):
    (tmp_path / "p").write_text(text, "latin-1")
    with pytest.raises(NoInputError, match="Export it again"):
        read_picks(tmp_path / "p")


@pytest.mark.parametrize(
    "field", [{"variant": "2"}, {"variant": -1}, {"variant": True}, {"page": 0}, {"note": 5}]
)
def test_a_pick_with_a_strange_field_says_which_photo(field):
    with pytest.raises(ValueError, match="aunt"):
        parsed_choice({"photo": "aunt"} | field)


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    write_picks(tmp_path / "p", [Choice("a")])
    before = (tmp_path / "p").read_bytes()
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(OutputError, match="disk full"):
        write_picks(tmp_path / "p", [Choice("b")])
    assert ((tmp_path / "p").read_bytes(), len(list(tmp_path.iterdir()))) == (before, 1)
