import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorize_cli.errors import UsageError
from colorize_cli.hints.hint import ab_of
from colorize_cli.hints.palette import Palette, palette_in, read_palette

UNIFORM, HOUSE = ab_of("#5b6470"), ab_of("#7a3b2e")


@pytest.mark.parametrize(
    "text",
    [
        "#5b6470 field grey\n\n# the house\n#7a3b2e\n",
        "// colours\r\n; old\r\n#5b6470, uniform\r\n#7a3b2e;",
        '["#5b6470", "#7a3b2e"]',
        '{"colors": ["#5b6470", "#7a3b2e", "#5b6470"]}',
        "GIMP Palette\nName: Old\nColumns: 2\n#\n 91 100 112\tfield grey\n122  59  46\n",
    ],
)
def test_three_kinds_of_files_say_the_same(text):
    assert palette_in(text) == Palette((UNIFORM, HOUSE))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no colour"),
        ("navy\nreddish 1", "line 2: color is 'reddish'"),
        ("[1]", "colour 1: color is 1"),
        ("[", "not JSON"),
        ('{"colours": []}', 'no list of "colors"'),
        ("GIMP Palette\n300 0 0 red", "line 2: .* each part is 0 to 255"),
        ("\n".join(f"#0000{i:02x}" for i in range(90)), "90 colours"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(ValueError, match=said):
        palette_in(text)


@given(st.text(max_size=40))
def test_any_text_gives_colours_or_a_reason(text):
    try:
        assert palette_in(text).colours
    except ValueError as error:
        assert str(error)


def test_an_error_names_the_file_and_what_a_palette_is(tmp_path):
    path = tmp_path / "p.txt"
    with pytest.raises(UsageError, match=r"p.txt: the palette cannot be read"):
        read_palette(path)
    path.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(UsageError, match="a colour a line"):
        read_palette(path)


def test_order_makes_no_other_palette():
    assert Palette((UNIFORM, HOUSE)).digest == Palette((HOUSE, UNIFORM)).digest
    assert Palette((UNIFORM,)).digest != Palette((HOUSE,)).digest
