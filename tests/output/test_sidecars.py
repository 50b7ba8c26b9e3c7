import json
import shutil
import subprocess

import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.common.digests import sha256_of
from colorize_cli.errors import ExitCode
from colorize_cli.image.metadata.provenance import provenance_in
from colorize_cli.image.reading import read_photo


def colorize(*arguments):
    return run_guarded(cli, "colorize", list(map(str, arguments)))


@pytest.fixture
def out(album, tiny_weights):
    assert colorize(album, "-n", 1, "--weights", tiny_weights, "--device", "cpu", "-q") == ExitCode.OK
    return album.with_name("album-colorized")


def test_every_picture_has_its_statements_beside_it(out):
    assert colorize("sidecars", out) == ExitCode.OK
    pictures = sorted(out.rglob("*.color-1.???"))
    assert pictures
    for picture in pictures:
        said = provenance_in(picture.with_name(f"{picture.name}.xmp").read_bytes())
        assert said == provenance_in(read_photo(picture).metadata.xmp)
        if shutil.which("exiftool"):
            command = ["exiftool", "-s3", "-XMP-colorize:WeightsSha256", f"{picture}.xmp"]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            assert told.strip() == said.weights_sha256


def test_as_json_they_name_picture_and_scan(out, album):
    assert colorize("sidecars", out, "--kind", "json") == ExitCode.OK
    said = json.loads((out / "aunt.color-1.jpg.json").read_text())
    assert (said["picture"], said["source_name"], said["variant"]) == ("aunt.color-1.jpg", "aunt.jpg", 1)
    assert said["sha256"] == sha256_of(out / "aunt.color-1.jpg")
    assert said["source_sha256"] == sha256_of(album / "aunt.jpg")


def test_files_of_others_stay_and_ours_are_written_anew(out, capsys):
    (out / "aunt.color-1.jpg.xmp").write_text("<x:xmpmeta>mine</x:xmpmeta>")
    for _ in range(2):
        assert colorize("sidecars", out) == ExitCode.SOME_INPUTS_FAILED
        assert "1 failed." in capsys.readouterr().err
    assert (out / "aunt.color-1.jpg.xmp").read_text() == "<x:xmpmeta>mine</x:xmpmeta>"


def test_they_disturb_no_run_and_no_check(out, album, tiny_weights, capsys):
    colorize("sidecars", out)
    colorize("sidecars", out, "--kind", "json")
    assert colorize("verify", out) == ExitCode.OK
    colorize(album, "-n", 1, "--weights", tiny_weights, "--device", "cpu")
    assert "Nothing to do" in capsys.readouterr().err


def test_a_folder_of_nobody_is_no_input(tmp_path):
    assert colorize("sidecars", tmp_path) == ExitCode.NO_USABLE_INPUT
