import pytest

from colorize_cli.errors import UsageError
from colorize_cli.inputs.grouping import Grouping
from colorize_cli.inputs.naming import InputPhoto
from colorize_cli.settings import Format


def photo(path, target):
    return InputPhoto(path, None, "/out", target, Format.JPEG, ".jpg")


def test_a_folder_is_a_group():
    rule = Grouping("folder")
    assert rule.group_of(photo("/album/rome/a.jpg", "rome/a")) == "rome"
    assert rule.group_of(photo("/album/b.jpg", "b")) == ""


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
    assert Grouping(rule).group_of(photo("/album/rome/roll12_003.jpg", "rome/roll12_003")) == group


def test_what_is_no_expression_is_refused():
    with pytest.raises(UsageError, match=r"--group roll\(: neither folder nor"):
        Grouping("roll(")
