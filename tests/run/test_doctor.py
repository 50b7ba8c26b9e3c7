import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.run import doctor


@pytest.fixture
def doctor_run(capsys):
    def run(*arguments):
        code = run_guarded(cli, "colorize", ["doctor", *map(str, arguments)])
        return code, capsys.readouterr().out

    return run


def test_it_looks_at_everything_and_colours_a_photo(doctor_run, tiny_weights):
    code, said = doctor_run("--weights", tiny_weights)
    subjects = [line.split("  ")[0] for line in said.splitlines()]
    assert code == 0 and "Nothing is wrong." in said
    assert subjects[:3] == ["system", "packages", "extra heic"] and subjects[-2] == "trial"
    assert "torch 2" in said and "5 variants of 1.5 megapixels" in said


@pytest.mark.parametrize(
    ("device", "content", "wanted", "said"),
    [("auto", b"no weights", ExitCode.WEIGHTS, "2 things"), ("cuda:99", None, ExitCode.DEVICE, "One thing")],
)
def test_the_first_fault_decides(doctor_run, tiny_weights, tmp_path, device, content, wanted, said):
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(tiny_weights.read_bytes() if content is None else content)
    code, text = doctor_run("--weights", weights, "--device", device)
    assert code == wanted and said in text and "WRONG: " in text


def test_a_library_that_is_missing_is_told_with_its_remedy(doctor_run, tiny_weights, monkeypatch):
    def broken(name):
        raise ImportError("libxcb.so.1: cannot open shared object file", name=name)

    monkeypatch.setattr(doctor, "_import", broken)
    code, text = doctor_run("--weights", tiny_weights)
    assert code == ExitCode.INTERNAL_ERROR and "apt-get install libgl1" in text


def test_an_extra_that_is_missing_is_no_fault(doctor_run, tiny_weights, monkeypatch):
    monkeypatch.setattr(doctor, "installed", lambda package: None if "heif" in package else "1.0")
    code, text = doctor_run("--weights", tiny_weights)
    assert code == 0 and "not installed; pip install 'pi-heif" in text
    assert "HEIC" not in next(line for line in text.splitlines() if line.startswith("formats"))
