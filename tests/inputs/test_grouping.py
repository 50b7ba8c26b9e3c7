import pytest

from colorize_cli.errors import UsageError
from colorize_cli.inputs.grouping import check_rule, group_of


def test_a_folder_is_a_group():
    assert group_of("folder", "/album/rome/a.jpg", "rome/a") == "rome"
    assert group_of("folder", "/album/b.jpg", "b") == ""
    assert group_of(None, "/album/b.jpg", "b") is None


@pytest.mark.parametrize(
    ("rule", "group"),
    [
        ("roll[0-9]+", "roll12"),
        ("roll([0-9]+)_([0-9])", "12/0"),
        ("^(rome)/", "rome"),
        (r"jpg$", "jpg"),
        ("no such", None),
        ("roll(x)?", None),
    ],
)
def test_an_expression_takes_the_group_out_of_folder_and_name(rule, group):
    assert group_of(rule, "/album/rome/roll12_003.jpg", "rome/roll12_003") == group


def test_what_is_no_expression_is_refused():
    with pytest.raises(UsageError, match=r"--group roll\(: neither folder nor"):
        check_rule("roll(")
