from colorize_cli.cli import cli, run_guarded
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode


def test_no_name_moves_the_cursor_or_writes_lines_of_its_own():
    assert printable("a\x1b[2J\n\x9b1m\u202egnp.é") == "a\\x1b[2J\\n\\x9b1m\\u202egnp.é"


def test_several_lines_stay_lines_where_they_are_ours():
    assert printable("a\n\x07b", lines=True) == "a\n\\x07b"


def test_errors_show_names_without_their_escape_sequences(tmp_path, capsys):
    odd = tmp_path / "\x1b]0;owned\x07.jpg"
    assert run_guarded(cli, "colorize", ["run", str(odd)]) == ExitCode.NO_USABLE_INPUT
    odd.write_bytes(b"nothing")
    assert run_guarded(cli, "colorize", ["verify", str(odd)]) == ExitCode.USAGE
    assert run_guarded(cli, "colorize", ["run", str(odd), "--dry-run"]) == ExitCode.OK
    said = capsys.readouterr()
    assert "\x1b" not in said.err + said.out
    assert "\\x1b]0;owned\\x07.jpg" in said.err
