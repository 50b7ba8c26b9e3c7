import os

import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.common.regular import open_regular, reading
from colorize_cli.errors import ExitCode
from tests.folders import coloured


@pytest.mark.parametrize("follow", [True, False])
def test_a_pipe_is_refused_at_once(tmp_path, follow):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="a pipe or a device"):
        open_regular(tmp_path / "pipe", follow=follow)


def test_devices_and_folders_are_refused(tmp_path):
    for path in ("/dev/zero", tmp_path):
        with pytest.raises(OSError):
            reading(path)


def test_links_are_followed_unless_they_are_not_wanted(tmp_path):
    (tmp_path / "a").write_text("text")
    (tmp_path / "b").symlink_to("a")
    with reading(tmp_path / "b") as file:
        assert file.read() == b"text"
    with pytest.raises(OSError):
        open_regular(tmp_path / "b", follow=False)


def test_commands_do_not_wait_for_a_pipe_in_the_place_of_a_picture(tmp_path, capsys):
    out = coloured(tmp_path, ["aunt.png"], variants=2, size=(20, 30))
    for name in ("out/aunt.color-1.png", "in/aunt.png"):
        (tmp_path / name).unlink()
        os.mkfifo(tmp_path / name)
    (out / "picks.json").write_text('{"version": 1, "picks": [{"photo": "aunt", "variant": 1}]}')
    for command in ("verify", "pick"):
        assert run_guarded(cli, "colorize", [command, str(out)]) == ExitCode.SOME_INPUTS_FAILED
    assert run_guarded(cli, "colorize", ["gallery", str(out)]) == ExitCode.OK
    assert "cannot be read (it is a pipe or a device, not a file)" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "code"), [("--config", ExitCode.USAGE), ("--weights", ExitCode.WEIGHTS)])
def test_nor_do_runs_in_the_place_of_what_they_read(tmp_path, option, code):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    assert (
        run_guarded(cli, "colorize", ["run", str(tmp_path / "a.jpg"), option, str(tmp_path / "pipe")]) == code
    )
