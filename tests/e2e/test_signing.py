"""Pictures that are signed on request, verified, and made anew for another signer."""

import pytest

from colorize_cli.errors import ExitCode
from colorize_cli.image.signing import credentials_of
from colorize_cli.output import verify as verifying

pytest.importorskip("c2pa")


@pytest.fixture
def signer(colorize, tmp_path):
    assert colorize("test-certificate", tmp_path / "keys") == 0
    return ("--sign-with", tmp_path / "keys/test-certificate.pem", "--key", tmp_path / "keys/test-key.pem")


@pytest.fixture
def made(colorize, album, tiny_weights, tmp_path, capsys):
    def run(*options):
        out = tmp_path / "out"
        common = ("-n", 1, "-o", out, "--weights", tiny_weights, "--device", "cpu", "--if-color", "colorize")
        assert colorize(album, *common, *options) in (0, 3)
        return out, capsys.readouterr().err

    return run


def claims(out, kind="jpg"):
    path = next(out.rglob(f"*.color-1.{kind}"))
    with path.open("rb") as file:
        return credentials_of(file, {"jpg": "jpeg"}.get(kind, kind))


def test_a_run_signs_and_verify_checks(colorize, made, signer, capsys):
    out, _ = made(*signer)
    assert claims(out)["validation_state"] == "Valid"
    assert colorize("verify", out) == 0
    assert made(*signer)[1].count("already") >= 1


def test_unsigned_pictures_are_made_anew_when_a_signer_comes(made, signer):
    out, _ = made()
    assert claims(out) is None
    made(*signer)
    assert claims(out)["validation_state"] == "Valid"


def test_verify_says_what_it_could_not_check(colorize, made, signer, monkeypatch, capsys):
    out, _ = made(*signer)
    monkeypatch.setattr(
        verifying, "require_c2pa", lambda: (_ for _ in ()).throw(verifying.UsageError("no c2pa"))
    )
    assert colorize("verify", out) == ExitCode.SOME_INPUTS_FAILED
    assert "was not compared: no c2pa" in capsys.readouterr().err


@pytest.mark.parametrize("options", [slice(0, 2), slice(2, 4)])
def test_certificate_and_key_go_together(colorize, album, signer, options, capsys):
    assert colorize(album, *signer[options]) == ExitCode.USAGE
    assert "go together" in capsys.readouterr().err


def test_a_key_does_not_travel(colorize, album, signer):
    assert colorize(album, *signer, "--cluster", "tcp://127.0.0.1:1") == ExitCode.USAGE


def test_a_key_that_is_there_is_not_written_over(colorize, signer, tmp_path):
    assert colorize("test-certificate", tmp_path / "keys") == ExitCode.OUTPUT
