import io
import os
import sys
from pathlib import Path

import pytest

from colorize_cli.errors import NoInputError, UsageError
from colorize_cli.inputs import walk as selection
from colorize_cli.inputs.walk import Selection, output_roots, select, select_in_parts
from colorize_cli.settings import Hinting, RunSettings
from tests.conftest import touch


def found(*paths, **options):
    return [photo.path for photo in select(RunSettings(tuple(paths), **options)).photos]


def names(*paths, **options):
    return [Path(path).name for path in found(*paths, **options)]


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.jpg",
        ".git/a.jpg",
        "__MACOSX/a.jpg",
        "@eaDir/a.jpg",
        "notes.txt",
        "Thumbs.db",
        "a.color-2.jpg",
        "a.color-2~3.avif",
    ],
)
def test_what_is_no_photo_is_left_out(tmp_path, name):
    touch(tmp_path / "in", "b.jpg", name)
    assert names(tmp_path / "in") == ["b.jpg"]


def test_folders_are_walked_in_a_stable_order(tmp_path):
    touch(tmp_path / "in", "z.jpg", "b/y.jpg", "a/x.jpg", "a.jpg")
    assert names(tmp_path / "in") == ["a.jpg", "z.jpg", "x.jpg", "y.jpg"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"include": ("*.TIF",)}, ["b.tif", "c.tif"]),
        ({"include": ("sub/*",)}, ["c.tif", "d.jpg"]),
        ({"exclude": ("sub/",)}, ["a.jpg", "b.tif"]),
        ({"exclude": ("sub/*.jpg", "a.*")}, ["b.tif", "c.tif"]),
        ({"include": ("*.jpg",), "exclude": ("d*",)}, ["a.jpg"]),
    ],
)
def test_patterns_choose(tmp_path, options, expected):
    touch(tmp_path / "in", "a.jpg", "b.tif", "sub/c.tif", "sub/d.jpg")
    assert names(tmp_path / "in", **options) == expected


def test_a_named_file_needs_no_known_suffix(tmp_path):
    touch(tmp_path, "scan")
    assert names(tmp_path / "scan") == ["scan"]


def test_the_output_folder_is_not_read_again(tmp_path):
    touch(tmp_path / "in", "a.jpg", "out/old.jpg")
    assert names(tmp_path / "in", output=tmp_path / "in/out") == ["a.jpg"]


def test_links_are_passed_over_and_counted(tmp_path):
    touch(tmp_path, "in/a.jpg", "other/b.jpg")
    (tmp_path / "in/b.jpg").symlink_to(tmp_path / "other/b.jpg")
    (tmp_path / "in/folder").symlink_to(tmp_path / "other")
    (tmp_path / "in/notes").symlink_to(tmp_path / "nowhere")
    selection = select(RunSettings((tmp_path / "in",)))
    assert ([Path(p.path).name for p in selection.photos], selection.links) == (["a.jpg"], 2)


def test_links_are_followed_once_even_in_circles(tmp_path):
    touch(tmp_path, "in/a.jpg", "other/b.jpg")
    (tmp_path / "in/circle").symlink_to(tmp_path / "in")
    (tmp_path / "in/one").symlink_to(tmp_path / "other")
    (tmp_path / "in/two").symlink_to(tmp_path / "other")
    (tmp_path / "in/b.jpg").symlink_to(tmp_path / "other/b.jpg")
    assert names(tmp_path / "in", follow_symlinks=True) == ["a.jpg", "b.jpg"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_pipes_are_passed_over_and_counted(tmp_path):
    touch(tmp_path, "in/a.jpg")
    os.mkfifo(tmp_path / "in/b.jpg")
    selection = select(RunSettings((tmp_path / "in",)))
    assert (len(selection.photos), selection.special) == (1, 1)


def test_folders_that_cannot_be_read_are_named(tmp_path, monkeypatch):
    touch(tmp_path, "in/a.jpg", "in/locked/b.jpg")
    real = os.scandir

    def scandir(path):
        if "locked" in path:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("os.scandir", scandir)
    (problem,) = select(RunSettings((tmp_path / "in",))).unreadable
    assert "locked: the folder cannot be read (Permission denied)" in problem


@pytest.mark.parametrize(("null", "between"), [(False, b"\n"), (False, b"\r\n"), (True, b"\0")])
def test_a_list_names_photos(tmp_path, monkeypatch, null, between):
    touch(tmp_path, "one.jpg", "two words.jpg")
    listing = tmp_path / "list"
    listing.write_bytes(between.join(os.fsencode(p) for p in sorted(tmp_path.glob("*.jpg"))))
    assert names(files_from=listing, null=null, output=tmp_path / "o") == ["one.jpg", "two words.jpg"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(listing.read_bytes())))
    assert len(names(files_from=Path("-"), null=null, output=tmp_path / "o")) == 2


def test_names_with_line_breaks_and_broken_text_come_through_a_list(tmp_path):
    odd = os.fsencode(tmp_path) + b"/odd\n\xff.jpg"
    Path(os.fsdecode(odd)).touch()
    (tmp_path / "list").write_bytes(odd + b"\0")
    options = {"files_from": tmp_path / "list", "null": True, "output": tmp_path / "o"}
    assert [os.fsencode(p) for p in found(**options)] == [odd]


def test_listed_photos_keep_their_folders(tmp_path, monkeypatch):
    touch(tmp_path, "1912/a.jpg", "1913/a.jpg")
    monkeypatch.chdir(tmp_path)
    Path("list").write_text("./1912/a.jpg\n1913\n")
    photos = select(RunSettings(files_from=Path("list"), output=Path("o"))).photos
    assert [(p.root, p.place) for p in photos] == [("o", "1912"), ("o", "1913")]


def test_a_list_needs_an_output_folder(tmp_path):
    (tmp_path / "list").write_text("a.jpg")
    with pytest.raises(UsageError, match="needs -o"):
        found(files_from=tmp_path / "list")


def test_a_photo_named_twice_is_found_once(tmp_path):
    touch(tmp_path / "in", "a.jpg")
    assert len(found(tmp_path / "in", tmp_path / "in/a.jpg")) == 1


def test_a_path_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(NoInputError, match="nowhere"):
        found(tmp_path / "nowhere")


def test_a_folder_without_photos_is_no_input(tmp_path):
    with pytest.raises(NoInputError, match="No photos"):
        found(touch(tmp_path, "notes.txt"))


def test_roots_are_the_folders_written_to(tmp_path):
    touch(tmp_path, "in/a.jpg", "b.jpg")
    assert output_roots(RunSettings((tmp_path / "in", tmp_path / "b.jpg"))) == [
        str(tmp_path),
        str(tmp_path / "in-colorized"),
    ]


def test_hint_files_are_no_photos_and_go_with_theirs(tmp_path):
    touch(tmp_path / "in", "a.jpg", "a.hints.png", "b.jpg", "sub/b.hints.json", "sub/b.tif")
    photos = select(RunSettings((tmp_path / "in",))).photos
    assert [(Path(p.path).name, p.hints) for p in photos] == [
        ("a.jpg", ("a.hints.png",)),
        ("b.jpg", ()),
        ("b.tif", ("b.hints.json",)),
    ]


def test_named_photos_have_the_hints_beside_them(tmp_path):
    touch(tmp_path, "a.jpg", "a.hints.json", "b.jpg")
    named = [tmp_path / name for name in ("a.hints.json", "a.jpg", "b.jpg")]  # as album/* gives them
    photos = select(RunSettings(tuple(named))).photos
    assert [(Path(p.path).name, p.hints) for p in photos] == [("a.jpg", ("a.hints.json",)), ("b.jpg", ())]


def test_hints_can_be_left_aside_and_strays_are_named(tmp_path):
    touch(tmp_path / "in", "a.jpg", "a.hints.json", "aunty.hints.json")
    assert select(RunSettings((tmp_path / "in",), hints=Hinting.OFF)).photos[0].hints == ()
    assert select(RunSettings((tmp_path / "in",))).strays == [str(tmp_path / "in" / "aunty.hints.json")]


def test_looking_for_hints_asks_the_disk_for_nothing(tmp_path, monkeypatch):
    touch(tmp_path / "in", "a.jpg", "b.jpg", "a.hints.json")
    for asked in ("stat", "lstat", "listdir"):
        monkeypatch.setattr(os, asked, lambda *_, **__: pytest.fail("the listing is at hand"))
    walk = selection._Walk(RunSettings(), Selection(), frozenset())
    walk._folder(selection._Folder(str(tmp_path / "in"), "", "out", ""))
    assert [photo.hints for photo in walk.selection.photos] == [("a.hints.json",), ()]


def test_a_listed_file_that_is_gone_fails_alone(tmp_path):
    touch(tmp_path, "a.jpg")
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbf" + f"{tmp_path}/a.jpg\n{tmp_path}/gone.jpg\n".encode())
    found = select(RunSettings(files_from=tmp_path / "list", output=tmp_path / "out"))
    assert [Path(photo.path).name for photo in found.photos] == ["a.jpg"]
    assert found.unreadable == [f"{tmp_path}/gone.jpg: is in the list, but there is no such file"]


def test_an_address_in_a_list_is_told_from_a_file_that_is_gone(tmp_path):
    (tmp_path / "list").write_bytes(b"s3://scans/a.jpg\n")
    settings = RunSettings(files_from=tmp_path / "list", output=tmp_path / "out")
    with pytest.raises(NoInputError, match=r"s3://scans/a.jpg: is in the list, but .* store's folder"):
        select(settings)


def test_a_list_in_utf_16_is_named(tmp_path):
    (tmp_path / "list").write_bytes("a.jpg\n".encode("utf-16"))
    with pytest.raises(UsageError, match="the list is UTF-16"):
        select(RunSettings(files_from=tmp_path / "list", output=tmp_path / "out"))


def test_the_pictures_of_a_link_to_a_folder_come_beside_the_link(tmp_path):
    touch(tmp_path, "far/album/a.jpg")
    (tmp_path / "near").mkdir()
    (tmp_path / "near/photos").symlink_to(tmp_path / "far/album")
    assert output_roots(RunSettings((tmp_path / "near/photos",))) == [str(tmp_path / "near/photos-colorized")]


def test_pictures_of_kinds_that_are_not_read_are_counted(tmp_path):
    touch(tmp_path, "a.jpg", "b.CR2", "below/c.psb", "d.txt", "e.mpo", "f.hif", "g.jpf", "h.gif", "i.psd")
    selection = select(RunSettings((tmp_path,)))
    assert sorted(Path(path).name for path in selection.unread) == ["b.CR2", "c.psb"]
    assert len(selection.photos) == 6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"include": ("*.tif",)}, "2 photos or folders were passed over by --include or --exclude"),
        ({"exclude": ("*.jpg", "sub")}, "3 photos or folders were passed over by --include or --exclude"),
        ({"exclude": ("a.jpg", "b.jpg")}, "1 pictures have names of our own"),
    ],
)
def test_what_was_filtered_is_the_reason_and_not_the_formats(tmp_path, options, said):
    touch(tmp_path, "a.jpg", "a.color-1.jpg", "sub/b.jpg")
    with pytest.raises(NoInputError, match=said) as raised:
        select(RunSettings((tmp_path,), **options))
    assert "Formats that are read" not in str(raised.value)


def test_a_folder_of_nothing_else_says_so(tmp_path):
    touch(tmp_path, "a.cr2", "b.nef")
    with pytest.raises(NoInputError, match="2 pictures are of kinds that are not read"):
        select(RunSettings((tmp_path,)))


def parts(*paths, **options):
    found = select_in_parts(RunSettings(tuple(paths), **options), Selection())
    return [[photo.path[len(str(paths[0])) + 1 :] for photo in part] for part in found]


def test_a_large_folder_is_found_in_parts_in_the_order_of_the_whole(tmp_path):
    touch(tmp_path / "in", "b.jpg", "a/1/x.jpg", "a/z.jpg", "a/2/x.jpg", "c/x.jpg", "empty/notes.txt")
    found = parts(tmp_path / "in")
    assert found == [["b.jpg"], ["a/z.jpg"], ["a/1/x.jpg"], ["a/2/x.jpg"], ["c/x.jpg"]]
    assert [name for part in found for name in part] == parts(tmp_path / "in", follow_symlinks=True)[0]


def test_folders_that_differ_in_case_alone_are_one_part(tmp_path):
    touch(tmp_path / "in", "x.jpg", "A/1.jpg", "A/deep/1.jpg", "a/1.jpg", "b/1.jpg")
    if len(list((tmp_path / "in").iterdir())) == 3:
        pytest.skip("the file system is blind to case")
    assert parts(tmp_path / "in") == [["x.jpg", "A/1.jpg", "A/deep/1.jpg", "a/1.jpg", "b/1.jpg"]]
    assert parts(tmp_path / "in/A") == [["1.jpg"], ["deep/1.jpg"]]


def test_what_is_named_twice_is_found_once(tmp_path):
    touch(tmp_path / "in", "a.jpg", "b/c.jpg")
    assert len(parts(tmp_path / "in", tmp_path / "in/b", output=tmp_path / "out")) == 1
