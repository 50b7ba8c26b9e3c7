import pytest
from click.shell_completion import ShellComplete, get_completion_class

from colorize_cli.cli import cli


def completed(args, incomplete):
    found = ShellComplete(cli, {}, "colorize", "_COLORIZE_COMPLETE").get_completions(args, incomplete)
    return [item.value for item in found]


def test_options_need_no_command_before_them():
    assert "--variants" in completed([], "--var")
    assert "--if-exists" in completed(["run"], "--if")
    assert completed(["album", "--format"], "ti") == ["tiff"]
    assert {"verify", "to-gray"} <= set(completed([], ""))


def test_paths_need_no_command_before_them():
    found = ShellComplete(cli, {}, "colorize", "_COLORIZE_COMPLETE").get_completions([], "sca")
    assert [(item.type, item.value) for item in found] == [("file", "sca")]
    assert "file" not in {i.type for i in ShellComplete(cli, {}, "colorize", "_X").get_completions([], "--v")}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_documented_shell_has_a_script(shell):
    kind = get_completion_class(shell)
    if kind is None:
        pytest.skip(f"click has no completion for {shell} yet")
    assert "_COLORIZE_COMPLETE" in kind(cli, {}, "colorize", "_COLORIZE_COMPLETE").source()
