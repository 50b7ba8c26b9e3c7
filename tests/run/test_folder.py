import pytest

from colorize_cli import colorize_folder
from colorize_cli.errors import ExitCode, NoInputError, UsageError


def test_a_folder_is_coloured_and_its_failures_are_told(album, tmp_path, tiny_weights):
    (album / "bad.jpg").write_bytes(b"no picture")
    wanted = {"output": str(tmp_path / "out"), "weights": tiny_weights, "device": "cpu", "variants": 1}
    done = colorize_folder(album, **wanted, format="png")
    assert done.code == ExitCode.SOME_INPUTS_FAILED
    assert len(done.failures) == done.summary.failed == 1 and "bad.jpg" in done.failures[0]
    assert done.summary.pictures == len([*(tmp_path / "out").rglob("*.color-1.png")]) > 0
    assert colorize_folder(album, **wanted, format="png").summary.already_done == done.summary.photos


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"format": "pgn"}, "format is 'pgn'; choose same, jpeg, png"),
        ({"variants": 0}, "variants is 0; it is to be from 1 to 100"),
        ({"varants": 2}, "varants: there is no such setting"),
    ],
)
def test_what_a_run_cannot_do_is_a_usage_error(album, settings, said):
    with pytest.raises(UsageError, match=said):
        colorize_folder(album, **settings)


def test_nothing_and_nowhere_are_told(tmp_path):
    with pytest.raises(UsageError, match="Name a folder"):
        colorize_folder()
    with pytest.raises(NoInputError, match="No such file or folder"):
        colorize_folder(tmp_path / "nowhere")
