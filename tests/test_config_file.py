import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.config_file import config_path, read_config
from colorize_cli.errors import ExitCode, UsageError
from tests.conftest import touch


@pytest.fixture
def planned(tmp_path, monkeypatch, capsys, tiny_weights):
    """Names of the outputs that a dry run shows."""
    touch(tmp_path / "in", "a.jpg")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))

    def run(*arguments):
        command = [str(tmp_path / "in"), "--dry-run", "--weights", str(tiny_weights), *arguments]
        code = run_guarded(cli, "colorize", command)
        shown = capsys.readouterr()
        return [line.rsplit("/", 1)[1] for line in shown.out.splitlines()] if code == 0 else (code, shown.err)

    return run


def write(tmp_path, text):
    path = tmp_path / "home/colorize/config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_command_line_comes_before_the_environment_before_the_file(planned, tmp_path, monkeypatch):
    assert len(planned()) == 5
    write(tmp_path, 'variants = 2\nformat = "png"')
    assert planned() == ["a.color-1.png", "a.color-2.png"]
    monkeypatch.setenv("COLORIZE_VARIANTS", "1")
    assert planned() == ["a.color-1.png"]
    assert planned("-n", "3", "--format", "tiff") == [f"a.color-{i}.tif" for i in (1, 2, 3)]


def test_another_file_can_be_named(planned, tmp_path, monkeypatch):
    (tmp_path / "mine.toml").write_text("variants = 1")
    assert len(planned("--config", str(tmp_path / "mine.toml"))) == 1
    monkeypatch.setenv("COLORIZE_CONFIG", str(tmp_path / "mine.toml"))
    assert len(planned()) == 1


def test_lists_and_names_with_a_dash(planned, tmp_path):
    write(tmp_path, 'exclude = ["b*", "a*"]\nif-exists = "error"')
    code, text = planned()
    assert (code, "No photos" in text) == (ExitCode.NO_USABLE_INPUT, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [("varaints = 2", "no setting 'varaints'"), ("variants = ", "not TOML"), ('variants = "x"', "'x'")],
)
def test_mistakes_in_the_file_are_usage_errors(planned, tmp_path, text, said):
    write(tmp_path, text)
    code, shown = planned()
    assert (code, said in shown) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('variants = "x"', "variants: 'x' is not a valid integer range"),
        ("if-exists = 'no'", "if-exists: 'no' is not"),
    ],
)
def test_a_wrong_value_is_named_with_its_file(planned, tmp_path, text, said):
    path = write(tmp_path, text)
    code, shown = planned()
    assert (code, f"{path}: {said}" in shown, "-n" in shown.split()) == (ExitCode.USAGE, True, False)


def test_a_wrong_value_is_named_with_its_variable(planned, monkeypatch):
    monkeypatch.setenv("COLORIZE_VARIANTS", "x")
    assert "COLORIZE_VARIANTS in the environment: 'x' is not" in planned()[1]
    assert "Invalid value for '-n'" in planned("-n", "y")[1]


def test_home_is_meant_by_a_tilde_where_no_shell_sees_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    touch(tmp_path, "a.jpg", "home/colours.txt")
    (tmp_path / "home/colours.txt").write_text("#204060")
    write(tmp_path, 'palette = "~/colours.txt"')
    monkeypatch.setenv("COLORIZE_OUTPUT", "~/o")
    assert run_guarded(cli, "colorize", [str(tmp_path / "a.jpg"), "-n", "1", "--dry-run"]) == ExitCode.OK
    assert capsys.readouterr().out.endswith(f"{tmp_path}/home/o/a.color-1.jpg\n")


def test_nested_toml_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="is not TOML"):
        read_config(write(tmp_path, f"a = {'[' * 100_000}"), {"a"})


@pytest.mark.parametrize("value", ["{ a = 1 }", "[[1]]", '"\\u0000"', "nan", "1979-05-27"])
@pytest.mark.parametrize(
    "name", ["variants", "seed", "output", "palette-strength", "include", "hints", "weights"]
)
def test_no_value_is_an_internal_error(tmp_path, name, value):
    config = tmp_path / "odd.toml"
    config.write_text(f"{name} = {value}")
    touch(tmp_path, "a.jpg")
    arguments = ["run", str(tmp_path / "a.jpg"), "--dry-run", "--config", str(config)]
    assert run_guarded(cli, "colorize", arguments) != ExitCode.INTERNAL_ERROR


def test_a_file_that_was_named_must_be_there(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_config(tmp_path / "none.toml", set())


def test_without_a_file_there_are_no_defaults(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path() == tmp_path / "colorize/config.toml"
    assert read_config(None, set()) == {}
