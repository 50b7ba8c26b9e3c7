import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.errors import NoInputError, OutputError
from colorize_cli.planning import make_plan
from colorize_cli.settings import Format, IfExists, RunSettings


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def plan(*paths, **options):
    return make_plan(RunSettings(tuple(paths), **options))


def targets(plan, root):
    return [str(o.path.relative_to(root)) for job in plan.jobs for o in job.outputs]


def test_a_folder_is_mirrored_beside_itself(tmp_path):
    touch(tmp_path / "in", "a.jpg", "sub/b.tif")
    assert targets(plan(tmp_path / "in", variants=2), tmp_path) == [
        "in-colorized/a.color-1.jpg",
        "in-colorized/a.color-2.jpg",
        "in-colorized/sub/b.color-1.tif",
        "in-colorized/sub/b.color-2.tif",
    ]


def test_a_file_gets_its_variants_beside_it(tmp_path):
    touch(tmp_path, "aunt.v2.JPG")
    assert targets(plan(tmp_path / "aunt.v2.JPG", variants=1), tmp_path) == ["aunt.v2.color-1.JPG"]


def test_several_folders_keep_their_names_below_one_output(tmp_path):
    touch(tmp_path, "x/a.jpg", "y/a.jpg")
    made = plan(tmp_path / "x", tmp_path / "y", variants=1, output=tmp_path / "out")
    assert targets(made, tmp_path) == ["out/x/a.color-1.jpg", "out/y/a.color-1.jpg"]


def test_photos_that_share_a_stem_both_survive(tmp_path):
    touch(tmp_path / "in", "a.jpg", "a.png", "b.jpg")
    assert targets(plan(tmp_path / "in", variants=1, format=Format.PNG), tmp_path / "in-colorized") == [
        "a.jpg.color-1.png",
        "a.png.color-1.png",
        "b.color-1.png",
    ]


def test_same_names_from_two_places_get_numbers(tmp_path):
    touch(tmp_path, "x/a.jpg", "y/a.jpg")
    made = plan(tmp_path / "x/a.jpg", tmp_path / "y/a.jpg", variants=1, output=tmp_path / "o")
    assert targets(made, tmp_path) == ["o/a.jpg.color-1.jpg", "o/a.jpg~2.color-1.jpg"]


def test_a_photo_named_twice_is_coloured_once(tmp_path):
    touch(tmp_path / "in", "a.jpg")
    assert len(plan(tmp_path / "in", tmp_path / "in/a.jpg").jobs) == 1


@pytest.mark.parametrize("name", [".hidden.jpg", ".git/a.jpg", "notes.txt", "Thumbs.db", "a.color-2.jpg"])
def test_what_is_no_photo_is_left_out(tmp_path, name):
    touch(tmp_path / "in", "a.jpg", name)
    assert [job.source.name for job in plan(tmp_path / "in").jobs] == ["a.jpg"]


def test_the_output_folder_is_not_read_again(tmp_path):
    touch(tmp_path / "in", "a.jpg", "out/old.jpg")
    assert len(plan(tmp_path / "in", output=tmp_path / "in/out").jobs) == 1


def test_what_exists_is_skipped_and_only_the_rest_planned(tmp_path):
    touch(tmp_path, "in/a.jpg", "in/b.jpg", "o/a.color-1.jpg", "o/a.color-2.jpg", "o/b.color-2.jpg")
    made = plan(tmp_path / "in", variants=2, output=tmp_path / "o")
    assert (targets(made, tmp_path), made.already_done) == (["o/b.color-1.jpg"], 1)


def test_existing_outputs_by_choice(tmp_path):
    touch(tmp_path, "in/a.jpg", "o/a.color-1.jpg")
    options = {"variants": 1, "output": tmp_path / "o"}
    renamed = plan(tmp_path / "in", if_exists=IfExists.RENAME, **options)
    assert targets(renamed, tmp_path) == ["o/a.color-1~2.jpg"]
    overwritten = plan(tmp_path / "in", if_exists=IfExists.OVERWRITE, **options)
    assert targets(overwritten, tmp_path) == ["o/a.color-1.jpg"]
    with pytest.raises(OutputError, match=r"a\.color-1\.jpg exists"):
        plan(tmp_path / "in", if_exists=IfExists.ERROR, **options)


def test_a_path_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(NoInputError, match="nowhere"):
        plan(tmp_path / "nowhere")


def test_a_folder_without_photos_is_no_input(tmp_path):
    with pytest.raises(NoInputError, match="No photos"):
        plan(touch(tmp_path, "notes.txt"))


names = st.text(string.ascii_letters + " '\n~é.", min_size=1, max_size=6).filter(lambda s: s.strip(". "))
photos = st.lists(st.tuples(names, names, st.sampled_from([".jpg", ".JPG", ".png", ".tif"])), max_size=12)


@settings(max_examples=60, deadline=None)
@given(photos=photos, flat=st.booleans())
def test_no_two_outputs_are_ever_one_file(tmp_path_factory, photos, flat):
    root = tmp_path_factory.mktemp("plan")
    for folder, stem, suffix in photos:
        touch(root / "in", f"f{folder}/n{stem}{suffix}")
    touch(root / "in", "one.jpg")
    sources = [p for p in sorted((root / "in").rglob("*")) if p.is_file()] if flat else [root / "in"]
    made = plan(*sources, variants=2, output=root / "out")
    outputs = [str(o.path).casefold() for job in made.jobs for o in job.outputs]
    assert len(outputs) == len(set(outputs)) == 2 * len(made.jobs)
    assert len(made.jobs) == sum(1 for p in Path(root / "in").rglob("*") if p.is_file())
