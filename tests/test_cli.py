import json
import subprocess
import sys

import cv2
import pytest

import colorize_cli
from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from tests.conftest import colour_scene, originals_untouched


@pytest.fixture
def colorize(tiny_weights, tmp_path):
    def run(*arguments):
        weights = ["--weights", str(tiny_weights)]
        with originals_untouched(tmp_path):
            return run_guarded(cli, "colorize", ["run", *weights, "--device", "cpu", *map(str, arguments)])

    return run


def names(folder):
    """Files below a folder, those of the run's own bookkeeping aside."""
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    return sorted(str(p) for p in found if ".colorize" not in p.parts)


def test_a_folder_becomes_a_folder_of_variants(colorize, album):
    assert colorize(album, "-n", 2) == ExitCode.OK
    assert names(album.with_name("album-colorized")) == [
        "1912/crowd.color-1.jpg",
        "1912/crowd.color-2.jpg",
        "aunt.color-1.jpg",
        "aunt.color-2.jpg",
        "boat.color-1.png",
        "boat.color-2.png",
    ]


def test_pictures_have_the_size_of_their_scans(colorize, album, tmp_path):
    colorize(album, "-n", 1, "-o", tmp_path / "o")
    assert cv2.imread(str(tmp_path / "o/aunt.color-1.jpg")).shape == (90, 120, 3)
    assert cv2.imread(str(tmp_path / "o/boat.color-1.png")).shape == (101, 67, 3)


@pytest.mark.parametrize("format", ["png", "tiff", "webp", "jpeg"])
def test_every_format_can_be_asked_for(colorize, album, tmp_path, format):
    assert colorize(album / "aunt.jpg", "-n", 1, "-o", tmp_path / "o", "--format", format) == 0
    (name,) = names(tmp_path / "o")
    assert cv2.imread(str(tmp_path / "o" / name)).shape == (90, 120, 3)


def test_one_bad_file_does_not_stop_the_others(colorize, album, capsys):
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    assert colorize(album, "-n", 1) == ExitCode.SOME_INPUTS_FAILED
    assert len(names(album.with_name("album-colorized"))) == 3
    assert capsys.readouterr().err.count("broken.jpg") == 1
    assert colorize(album, "-n", 1, "-q") == ExitCode.SOME_INPUTS_FAILED
    assert capsys.readouterr().err.count("broken.jpg") == 1


def test_only_bad_files_are_no_usable_input(colorize, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    assert colorize(tmp_path / "broken.jpg") == ExitCode.NO_USABLE_INPUT


def test_numbers_of_more_than_nine_variants_sort(colorize, album, tmp_path, capsys):
    assert colorize(album / "aunt.jpg", "-n", 10, "-o", tmp_path / "o", "-v") == ExitCode.OK
    numbers = [name.split(".")[1] for name in names(tmp_path / "o")]
    assert numbers == [f"color-{i:02}" for i in range(1, 11)]
    assert "aunt.jpg -> " in capsys.readouterr().err
    assert colorize(album / "aunt.jpg", "-n", 3, "-o", tmp_path / "o") == ExitCode.OK
    assert len(names(tmp_path / "o")) == 10


def test_pictures_that_are_there_decide_on_the_digits(colorize, album, tmp_path):
    colorize(album / "aunt.jpg", "-n", 2, "-o", tmp_path / "o")
    colorize(album / "aunt.jpg", "-n", 10, "-o", tmp_path / "o")
    assert {len(name) for name in names(tmp_path / "o")} == {
        len("aunt.color-1.jpg"),
        len("aunt.color-10.jpg"),
    }
    assert len(names(tmp_path / "o")) == 10


def test_a_second_run_does_nothing(colorize, album, capsys):
    colorize(album, "-n", 2)
    stamps = [p.stat().st_mtime_ns for p in sorted(album.with_name("album-colorized").rglob("*.jpg"))]
    assert colorize(album, "-n", 2) == ExitCode.OK
    assert "Nothing to do" in capsys.readouterr().err
    assert stamps == [p.stat().st_mtime_ns for p in sorted(album.with_name("album-colorized").rglob("*.jpg"))]


def test_a_second_run_does_not_import_torch(colorize, album, tiny_weights):
    colorize(album, "-n", 1)
    code = "import sys; from colorize_cli.cli import cli, run_guarded; "
    code += "print(run_guarded(cli, 'colorize', sys.argv[1:]), 'torch' in sys.modules)"
    arguments = [str(album), "-n", "1", "--weights", str(tiny_weights)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert (done.stdout, "Nothing to do" in done.stderr) == ("0 False\n", True)


def test_a_dry_run_tells_doubtful_pictures_from_those_to_be_made(colorize, album, capsys):
    colorize(album / "aunt.jpg", "-n", 2, "-o", album.with_name("album-colorized"))
    capsys.readouterr()
    colorize(album, "-n", 2, "--no-trust-mtime", "--dry-run")
    expected = "3 photos, 4 pictures to write, 2 more if their photos have changed; 0 photos are done."
    assert capsys.readouterr().err.strip() == expected


def test_a_foreign_file_is_named_and_counts_as_nothing_done(colorize, album, tmp_path, capsys):
    (tmp_path / "o").mkdir()
    (tmp_path / "o/aunt.color-1.jpg").write_bytes(b"mine")
    for options in ([], ["--dry-run"]):
        assert colorize(album / "aunt.jpg", "-n", 1, "-o", tmp_path / "o", "--json", *options) == ExitCode.OK
        said = capsys.readouterr()
        assert "aunt.color-1.jpg: in the place of a picture, but no run has made it" in said.err
        assert "0 photos" in said.err and "1 kept from it by files that are not ours" in said.err
        messages = [json.loads(line) for line in said.out.splitlines()]
        assert messages[0] == {
            "message_type": "in_the_way",
            "schema": 1,
            "path": str(tmp_path / "o/aunt.color-1.jpg"),
        }
        assert all(m["in_the_way"] == 1 and m["already_done"] == 0 for m in messages[1:])
    assert (tmp_path / "o/aunt.color-1.jpg").read_bytes() == b"mine"


def test_more_variants_are_added_to_the_ones_there(colorize, album, tmp_path):
    colorize(album, "-n", 2, "-o", tmp_path / "few")
    colorize(album, "-n", 4, "-o", tmp_path / "few")
    colorize(album, "-n", 4, "-o", tmp_path / "many")
    assert names(tmp_path / "few") == names(tmp_path / "many")
    for name in names(tmp_path / "few"):
        one, other = (cv2.imread(str(tmp_path / d / name)).astype(int) for d in ("few", "many"))
        assert abs(one - other).max() <= 2


def test_dry_run_writes_nothing(colorize, album, capsys):
    assert colorize(album, "-n", 1, "--dry-run") == ExitCode.OK
    assert "aunt.color-1.jpg" in capsys.readouterr().out
    assert not album.with_name("album-colorized").exists()


def test_originals_stay_as_they_are(colorize, album):
    before = {p: p.read_bytes() for p in album.rglob("*") if p.is_file()}
    colorize(album, "-n", 1)
    assert {p: p.read_bytes() for p in album.rglob("*") if p.is_file()} == before


def test_a_colour_photo_is_left_out_unless_asked_for(colorize, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "new.png"), colour_scene())
    assert colorize(tmp_path / "new.png", "-n", 1, "-o", tmp_path / "o") == ExitCode.OK
    said = capsys.readouterr().err
    assert "already in colour" in said and "--if-color colorize" in said
    assert names(tmp_path / "o") == []
    assert colorize(tmp_path / "new.png", "-n", 1, "-o", tmp_path / "o", "--if-color", "colorize") == 0
    assert names(tmp_path / "o") == ["new.color-1.png"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere/"], ExitCode.NO_USABLE_INPUT),
        (["-n", "0", "."], ExitCode.USAGE),
        (["--no-such-flag"], ExitCode.USAGE),
        (["--weights", "gone.safetensors", "{album}"], ExitCode.WEIGHTS),
        (["--device", "cuda:99", "{album}"], ExitCode.DEVICE),
        (["--device", "toaster", "{album}"], ExitCode.USAGE),
        (["-o", "/proc/none", "{album}"], ExitCode.OUTPUT),
    ],
)
def test_exit_codes(colorize, album, arguments, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert colorize(*(str(a).format(album=album) for a in arguments)) == code


def test_a_slip_of_the_pen_leaves_nothing_behind(colorize, album, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    colorize("nowhere/")
    colorize("--weights", "gone.safetensors", album)
    assert [p.name for p in tmp_path.iterdir()] == ["album"]


@pytest.mark.parametrize("output", ["new/deep/o", "there"])
def test_a_run_that_failed_leaves_nothing_behind(colorize, tmp_path, monkeypatch, output):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    assert colorize("broken.jpg", "-o", output) == ExitCode.NO_USABLE_INPUT
    (tmp_path / "empty").mkdir()
    assert colorize("empty", "-o", output) == ExitCode.NO_USABLE_INPUT
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["broken.jpg", "empty", "there"]


@pytest.mark.parametrize("option", ["-o", "--report", "--weights", "--palette", "--files-from"])
def test_an_address_is_no_folder(colorize, album, tmp_path, monkeypatch, option, capsys):
    monkeypatch.chdir(tmp_path)
    assert colorize(album, option, "s3://b/y") == ExitCode.USAGE
    assert colorize("gs://b/y") == ExitCode.USAGE
    assert "s3://b/y" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["album"]


def test_by_folder_and_by_list_into_one_place_colours_nothing_twice(
    colorize, album, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    photos = sorted(str(p.relative_to(tmp_path)) for p in album.rglob("*.*"))
    (tmp_path / "part").write_text("album/1912/crowd.jpg\n")
    (tmp_path / "all").write_text("\n".join(photos))
    for arguments in (["--files-from", "part"], ["album"], ["--files-from", "all"], ["album/1912", "album"]):
        assert colorize(*arguments, "-n", 1, "-o", "o") == ExitCode.OK
    assert "Nothing to do: 3 photos" in capsys.readouterr().err
    assert names(tmp_path / "o") == ["aunt.color-1.jpg", "boat.color-1.png", "crowd.color-1.jpg"]
    colorize("album", "-n", 1, "-o", "new", "--dry-run")
    assert f"have the places in new that their photos have below {album}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--chroma", "4:4:4", "--format", "png"], "--chroma is for JPEG and does nothing for PNG"),
        (["--separate-scans", "--format", "tiff"], "--separate-scans is for JPEG"),
        (["--quality", "80", "--format", "png"], "--quality is for lossy formats"),
        (["--palette-strength", "2"], "does nothing without --palette"),
        (["-0"], "--null does nothing without --files-from"),
    ],
)
def test_an_option_that_can_do_nothing_is_refused(colorize, album, options, said, capsys):
    assert colorize(album, "--dry-run", *options) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_an_option_that_turns_out_to_do_nothing_is_named(colorize, album, monkeypatch, capsys):
    assert colorize(album / "boat.png", "--dry-run", "--chroma", "4:4:4") == ExitCode.OK
    assert "--chroma does nothing here: it is for JPEG, the pictures are PNG" in capsys.readouterr().err
    assert colorize(album, "--dry-run", "--chroma", "4:4:4") == ExitCode.OK
    monkeypatch.setenv("COLORIZE_CHROMA", "4:4:4")  # for all runs, not for this one
    assert colorize(album, "--dry-run", "--format", "png") == ExitCode.OK
    assert "does nothing" not in capsys.readouterr().err


def test_run_needs_no_name(album, tiny_weights):
    arguments = [str(album), "--weights", str(tiny_weights), "-n", "1", "-q", "--device", "cpu"]
    assert run_guarded(cli, "colorize", arguments) == ExitCode.OK


def test_quiet_says_nothing(colorize, album, capsys):
    colorize(album, "-n", 1, "-q")
    assert capsys.readouterr() == ("", "")


def test_a_stop_by_ctrl_c_is_code_130(colorize, album, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("colorize_cli.run.pipeline.Pipeline.run", interrupted)
    assert colorize(album) == ExitCode.INTERRUPTED


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_do_not_import_torch_or_opencv(option):
    code = f"import sys; from colorize_cli.cli import cli; cli.main(['{option}'], standalone_mode=False); "
    code += "print(sorted({'torch', 'cv2', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version_is_the_packages():
    done = subprocess.run([sys.executable, "-m", "colorize_cli", "--version"], capture_output=True, text=True)
    assert done.stdout.strip() == f"colorize, version {colorize_cli.__version__}"
