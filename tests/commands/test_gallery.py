import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.settings import Precision
from tests.folders import coloured


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Who would colour photos anew, given options of `colorize gallery OUT --serve`."""
    found = []
    monkeypatch.setattr("colorize_cli.commands.gallery._serve", lambda *given: found.append(given[-1]))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def run(*options):
        out = tmp_path / "out" if (tmp_path / "out").exists() else coloured(tmp_path, ["aunt.jpg"])
        assert run_guarded(cli, "colorize", ["gallery", str(out), "--serve", "-q", *options]) == ExitCode.OK
        return found[-1]

    return run


def configured(folder, text, name="colorize/config.toml"):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return str(folder / name)


def test_photos_are_coloured_anew_as_a_run_without_options_would(served, tmp_path, monkeypatch):
    configured(tmp_path, "variants = 3\nquality = 80\ndevice = 'cpu'\nshard = 'auto'\nprecision = 'fp32'")
    monkeypatch.setenv("COLORIZE_SEED", "7")
    usual = served().usual
    assert (usual.variants, usual.quality, usual.seed, usual.device) == (3, 80, 7, "cpu")
    assert (usual.shard, usual.precision) == (None, Precision.FP32)


def test_only_what_was_typed_counts_more_than_the_last_run(served, tmp_path):
    file = configured(tmp_path, "weights = 'theirs.safetensors'\nport = 0", "mine.toml")
    assert served("--config", file).typed == {}
    assert served("--config", file).usual.weights.name == "theirs.safetensors"
    typed = served("--config", file, "--weights", "mine.safetensors").typed
    assert {name: str(value) for name, value in typed.items()} == {"weights": "mine.safetensors"}


def test_a_second_signal_ends_it_at_once(monkeypatch):
    from colorize_cli.commands import gallery

    class Impatient:
        def finish(self):
            raise KeyboardInterrupt

    codes = []
    monkeypatch.setattr("os._exit", codes.append)
    gallery._finish(Impatient())
    assert codes == [ExitCode.INTERRUPTED]
