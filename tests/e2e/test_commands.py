"""Runs that are checked afterwards: `colorize verify`, `colorize to-gray`."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from colorize_cli.common.digests import sha256_of
from colorize_cli.errors import ExitCode
from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.metadata.provenance import provenance_in
from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.image.reading import read_photo
from tests.conftest import grey_scene


@pytest.fixture
def out(colorize, album, tiny_weights):
    """An album with a 16-bit TIFF of two pages, coloured."""
    deep = (grey_scene(70, 90, 4).astype(np.uint16) << 8) + np.arange(90, dtype=np.uint16)
    with tifffile.TiffWriter(album / "deep.tif") as tiff:
        for page in (deep, deep[::-1]):
            tiff.write(page, photometric="minisblack", contiguous=False)
    assert colorize(album, "-n", 2, "--weights", tiny_weights, "--device", "cpu", "-q") == 0
    return album.with_name("album-colorized")


def verified(colorize, capsys, *arguments):
    code = colorize("verify", *arguments, "--json", "-q")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, {Path(line["path"]).name: line for line in lines}


def test_profile_says_where_the_time_went(colorize, album, tiny_weights, capsys):
    assert colorize(album, "-n", 1, "--weights", tiny_weights, "--device", "cpu", "--profile") == 0
    told = capsys.readouterr()
    for stage in ("read", "view", "model", "colour", "write", "waiting"):
        assert stage in told.err + told.out


def test_jpegs_have_one_scan_unless_three_are_asked_for(colorize, album, tiny_weights):
    options = ("-n", 1, "--weights", tiny_weights, "--device", "cpu", "-q")
    scans = []
    for more in ((), ("--separate-scans",)):
        assert colorize(album, *options, *more) == 0
        picture = album.with_name("album-colorized") / "aunt.color-1.jpg"
        scans.append(picture.read_bytes().count(b"\xff\xda"))
    assert scans == [1, 3]


def test_an_undisturbed_run_is_all_right(colorize, out, capsys):
    code, pictures = verified(colorize, capsys, out)
    assert (code, len(pictures)) == (ExitCode.OK, 10)
    assert {(*p["problems"], p["unseen"]) for p in pictures.values()} == {(None,)}


def test_what_is_missing_or_changed_is_found(colorize, out, capsys):
    (out / "aunt.color-1.jpg").unlink()
    (out / "boat.color-2.png").write_bytes(b"cut")
    code, pictures = verified(colorize, capsys, out, "--quick")
    assert code == ExitCode.SOME_INPUTS_FAILED
    said = {name: p["problems"][0] for name, p in pictures.items() if p["problems"]}
    assert "missing" in said.pop("aunt.color-1.jpg")
    assert "digest differs" in said.pop("boat.color-2.png")
    assert said == {}


def repaired(out, name, data):
    """Put other bytes in place of a picture, and their digest into the manifest."""
    import hashlib

    path, manifest = out / name, out / ".colorize/manifest"
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(data)
    manifest.write_text(manifest.read_text().replace(old, hashlib.sha256(data).hexdigest()))


def test_a_picture_of_another_scan_is_found(colorize, out, capsys):
    pixels = cv2.imread(str(out / "boat.color-1.png"))
    data = (out / "boat.color-1.png").read_bytes()
    pixels[5, 5] += 9
    chunks = data[: data.index(b"IDAT") - 4]
    again = cv2.imencode(".png", pixels)[1].tobytes()
    repaired(out, "boat.color-1.png", chunks + again[again.index(b"IDAT") - 4 :])
    _, pictures = verified(colorize, capsys, out)
    assert "luminance of 1 pixels" in pictures["boat.color-1.png"]["problems"][0]


def test_a_picture_that_hides_its_making_is_found(colorize, out, capsys):
    plain = cv2.imencode(".jpg", cv2.imread(str(out / "aunt.color-1.jpg")))[1].tobytes()
    repaired(out, "aunt.color-1.jpg", plain)
    repaired(out, "aunt.color-2.jpg", b"\xff\xd8\xff nothing")
    _, pictures = verified(colorize, capsys, out)
    assert "does not say" in pictures["aunt.color-1.jpg"]["problems"][0]
    assert "cannot be decoded" in pictures["aunt.color-2.jpg"]["problems"][0]


def test_scans_that_are_gone_or_changed_are_named(colorize, out, album, capsys):
    (album / "aunt.jpg").unlink()
    cv2.imwrite(str(album / "boat.png"), grey_scene(101, 67, 8))
    code, pictures = verified(colorize, capsys, out)
    assert code == ExitCode.SOME_INPUTS_FAILED
    assert not any(line["problems"] for line in pictures.values())
    assert "cannot be read" in pictures["aunt.color-1.jpg"]["unseen"]
    assert "has changed" in pictures["boat.color-1.png"]["unseen"]


def test_a_moved_folder_is_compared_with_scans_elsewhere(colorize, out, album, tmp_path, capsys):
    moved = tmp_path / "far" / "away"
    moved.parent.mkdir()
    out.rename(moved)
    assert colorize("verify", moved) == ExitCode.SOME_INPUTS_FAILED
    assert "10 not compared" in capsys.readouterr().err
    assert colorize("verify", moved, "--no-scans") == ExitCode.OK
    album.rename(tmp_path / "attic")
    code, pictures = verified(colorize, capsys, moved, "--scans", tmp_path / "attic")
    assert (code, {p["unseen"] for p in pictures.values()}) == (ExitCode.OK, {None})
    (tmp_path / "attic" / "1912" / "crowd.jpg").rename(tmp_path / "attic" / "other.jpg")
    code, pictures = verified(colorize, capsys, moved, "--scans", tmp_path / "attic")
    assert (code, sum(p["unseen"] is not None for p in pictures.values())) == (3, 2)
    assert colorize("verify", moved, "--scans", tmp_path / "attic", "--quick") == ExitCode.USAGE


def test_a_folder_without_a_manifest_is_no_input(colorize, album):
    assert colorize("verify", album) == ExitCode.NO_USABLE_INPUT


def test_pictures_say_what_was_asked_for(colorize, out, album, tiny_weights, tmp_path):
    options = ["--weights", tiny_weights, "--device", "cpu", "-n", 1, "-o", tmp_path / "o", "--page", 2]
    times = ["--source-type", "algorithmically-enhanced", "--seed", 7, "--keep-times", "--durable"]
    os.utime(album / "deep.tif", (1_000_000_000, 1_000_000_000))
    assert colorize(album / "deep.tif", *options, *times) == 0
    picture = tmp_path / "o/deep.page-2.color-1.tif"
    said = provenance_in(read_photo(picture).metadata.xmp)
    assert (said.page, said.seed, said.source_type, said.variant) == (2, 7, SourceType.ENHANCED, 1)
    assert said.source_sha256 == sha256_of(album / "deep.tif")
    assert picture.stat().st_mtime == 1_000_000_000


def test_a_grey_profile_gives_its_tone_to_the_picture(colorize, album, tiny_weights, tmp_path):
    scan = Image.fromarray(grey_scene(60, 80))
    scan.save(tmp_path / "linear.png", icc_profile=gamma_profile(1.8))
    options = ["--weights", tiny_weights, "--device", "cpu", "-n", 1, "-o", tmp_path / "o"]
    assert colorize(tmp_path / "linear.png", *options) == 0
    with Image.open(tmp_path / "o/linear.color-1.png") as picture:
        assert picture.info["icc_profile"][16:20] == b"RGB "
    assert colorize("verify", tmp_path / "o", "-q") == 0


def test_the_grey_comes_back_exactly(colorize, out, album, tmp_path, capsys):
    names = ["boat.color-2.png", "deep.page-1.color-1.tif", "deep.page-2.color-2.tif"]
    assert colorize("to-gray", *(out / n for n in names), "-o", tmp_path / "g") == 0
    assert capsys.readouterr().err.count("(exact)") == 3
    boat = cv2.imread(str(tmp_path / "g/boat.color-2.gray.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(boat, cv2.imread(str(album / "boat.png"), cv2.IMREAD_UNCHANGED))
    for page, name in enumerate(["deep.page-1.color-1.gray.tif", "deep.page-2.color-2.gray.tif"]):
        grey = tifffile.imread(tmp_path / "g" / name)
        np.testing.assert_array_equal(grey.squeeze(), tifffile.imread(album / "deep.tif", key=page))


def test_a_grey_picture_does_not_say_that_it_was_colorized(colorize, out, tmp_path):
    assert colorize("to-gray", out / "aunt.color-1.jpg", "-o", tmp_path) == 0
    assert b"colorize-cli" not in (tmp_path / "aunt.color-1.gray.png").read_bytes()


def test_only_our_own_pictures_are_turned_grey(colorize, album, tmp_path, capsys):
    assert colorize("to-gray", album / "aunt.jpg", "-o", tmp_path / "g") == ExitCode.NO_USABLE_INPUT
    assert "has not made this picture" in capsys.readouterr().err


def test_what_is_there_is_not_overwritten(colorize, out):
    assert colorize("to-gray", out / "boat.color-1.png") == 0
    assert colorize("to-gray", out / "boat.color-1.png") == ExitCode.OUTPUT


@pytest.mark.parametrize("fmt", ["webp", "png", "tiff", "avif"])
def test_pixels_that_nobody_sees_are_no_fault(colorize, album, tiny_weights, tmp_path, fmt, capsys):
    """Encoders are free with what is fully transparent, and premultiplied files have nothing there."""
    for old in album.rglob("*.*"):
        old.unlink()
    grey = grey_scene(60, 80)
    alpha = np.zeros_like(grey)
    alpha[20:30, 10:40], alpha[30:40, 10:40] = 255, 90
    grey[alpha == 0] = np.random.default_rng(0).integers(0, 255, (alpha == 0).sum())
    Image.merge("LA", [Image.fromarray(plane) for plane in (grey, alpha)]).save(album / "seal.png")
    premultiplied = (grey.astype(int) * alpha // 255).astype(np.uint8)
    pixels = np.dstack([premultiplied] * 3 + [alpha])
    tifffile.imwrite(album / "strike.tif", pixels, photometric="rgb", extrasamples=["assocalpha"])
    settings = ["--format", fmt, "--weights", tiny_weights, "--device", "cpu", "-q", "-n", 1]
    assert colorize(album, *settings, "-o", tmp_path / "o") == 0
    assert colorize("verify", tmp_path / "o", "-q") == 0
    if fmt in ("png", "tiff"):
        made = next((tmp_path / "o").glob("strike*"))
        assert colorize("to-gray", made, "-o", tmp_path / "g") == 0
        assert "(exact)" in capsys.readouterr().err
        grey = read_photo(next((tmp_path / "g").iterdir())).luma
        np.testing.assert_array_equal(grey, read_photo(album / "strike.tif").luma)
