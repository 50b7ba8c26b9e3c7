import hashlib
import os
import string
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.common.shard import Shard
from colorize_cli.errors import OutputError, UsageError
from colorize_cli.hints.hint_file import hints_digest
from colorize_cli.hints.palette import Palette
from colorize_cli.image.formats import Format
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Picture, Source
from colorize_cli.run.plan import make_plan
from colorize_cli.settings import Hinting, IfColor, IfExists, RunSettings
from tests.conftest import touch

WEIGHTS = "weights"


def plan(*paths, weights=WEIGHTS, **options):
    return make_plan(RunSettings(tuple(paths), **options), weights)


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


def test_same_names_from_two_places_keep_their_places(tmp_path):
    touch(tmp_path, "x/a.jpg", "y/a.jpg")
    made = plan(tmp_path / "x/a.jpg", tmp_path / "y/a.jpg", variants=1, output=tmp_path / "o")
    assert targets(made, tmp_path) == ["o/x/a.color-1.jpg", "o/y/a.color-1.jpg"]


def test_names_that_differ_in_case_alone_get_numbers(tmp_path):
    touch(tmp_path / "x", "a.jpg", "A.jpg")
    made = plan(tmp_path / "x", variants=1)
    assert targets(made, tmp_path / "x-colorized") == ["A.jpg.color-1.jpg", "a.jpg~2.color-1.jpg"]


def listed(tmp_path, *paths):
    (tmp_path / "list").write_text("\n".join(map(str, paths)))
    return {"files_from": tmp_path / "list", "variants": 1, "output": tmp_path / "o"}


def test_a_list_and_a_folder_lead_to_the_same_names(tmp_path, monkeypatch):
    touch(tmp_path, "scans/a.jpg", "scans/1912/b.jpg")
    monkeypatch.chdir(tmp_path)
    names = ["o/1912/b.color-1.jpg", "o/a.color-1.jpg"]
    by_folder = plan(Path("scans"), variants=1, output=tmp_path / "o")
    by_list = plan(**listed(tmp_path, "scans/a.jpg", tmp_path / "scans/1912/b.jpg"))
    by_glob = plan(Path("scans/1912"), Path("scans/a.jpg"), variants=1, output=tmp_path / "o")
    assert [sorted(targets(made, tmp_path)) for made in (by_folder, by_list, by_glob)] == [names] * 3
    assert {made.selection.base for made in (by_folder, by_list, by_glob)} == {str(tmp_path / "scans")}


def test_a_base_fixes_the_names_of_parts_of_a_collection(tmp_path):
    touch(tmp_path, "scans/1912/b.jpg", "far/c.jpg")
    part = listed(tmp_path, tmp_path / "scans/1912/b.jpg")
    assert targets(plan(**part), tmp_path) == ["o/b.color-1.jpg"]
    assert targets(plan(**part, base=tmp_path / "scans"), tmp_path) == ["o/1912/b.color-1.jpg"]
    with pytest.raises(UsageError, match=r"far is not below .*scans, which --base names"):
        plan(tmp_path / "far", output=tmp_path / "o", base=tmp_path / "scans")


def test_a_photo_keeps_the_name_that_its_pictures_have(scan, out, tmp_path):
    done(out, "1912/old", scan, 1)
    assert plan(scan.parent, variants=1).already_done == 1
    touch(scan.parent, "old.jpg", "a.png")
    assert targets(plan(scan.parent, variants=1), out) == ["a.png.color-1.png", "old.color-1.jpg"]
    assert targets(plan(scan.parent, variants=1, seed=1), out)[0] == "1912/old.color-1.jpg"


def test_a_name_that_pictures_of_another_photo_keep_is_not_given_away(scan, out):
    done(out, "b", scan, 1)
    touch(scan.parent, "b.jpg")
    made = plan(scan.parent, variants=1, seed=1)
    assert targets(made, out) == ["b.color-1.jpg", "b.jpg.color-1.jpg"]


@pytest.mark.parametrize("target", ["../../far/a", "/far/a", "x/../../a"])
def test_a_manifest_edited_by_hand_leads_nowhere_else(scan, out, target):
    state = scan.stat()
    manifest = Manifest(str(out))
    manifest.append(target, Source("../in/a.jpg", state.st_size, state.st_mtime_ns, "aa"), None, "colour")
    manifest.close()
    assert targets(plan(scan.parent, variants=1), out) == ["a.color-1.jpg"]


def test_pages_are_numbered_and_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "colorize_cli.inputs.naming.count_pages", lambda path: 3 if path.suffix == ".tif" else 1
    )
    touch(tmp_path / "in", "book.tif", "a.jpg", "book.page-2.jpg")
    made = plan(tmp_path / "in", variants=1)
    assert [
        (Path(name).name, job.photo.page)
        for name, job in zip(targets(made, tmp_path), made.jobs, strict=True)
    ] == [
        ("a.color-1.jpg", None),
        ("book.page-2.jpg.color-1.jpg", None),
        ("book.page-1.color-1.tif", 1),
        ("book.page-2.tif.color-1.tif", 2),
        ("book.page-3.color-1.tif", 3),
    ]
    assert [job.photo.page for job in plan(tmp_path / "in", pages=(3, 7)).jobs] == [None, None, 3]


def done(root, target, source, *variants, weights=WEIGHTS, digest="aa", hinted="", **options):
    """A manifest that says that `variants` of `source` are made, and the pictures."""
    state = source.stat()
    recipe = RunSettings(**options).digest(Format.JPEG, hinted)
    made = []
    for variant in variants:
        path = root / f"{target}.color-{variant}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"picture")
        made.append(Picture(path.name, variant, 7, "bb", recipe, weights, digest))
    manifest = Manifest(str(root))
    manifest.append(target, Source("../in/a.jpg", state.st_size, state.st_mtime_ns, digest), made)
    manifest.close()


@pytest.fixture
def scan(tmp_path):
    return touch(tmp_path / "in", "a.jpg") / "a.jpg"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "in-colorized"


def todo(*paths, **options):
    made = plan(*paths, variants=2, **options)
    return [(job.kinds, job.if_changed) for job in made.jobs]


def test_what_is_made_is_done(scan, out):
    done(out, "a", scan, 1, 2)
    assert plan(scan.parent, variants=2).already_done == 1
    assert todo(scan.parent) == []


def test_only_what_lacks_is_planned(scan, out):
    done(out, "a", scan, 2)
    assert todo(scan.parent) == [((1,), ())]


def test_a_picture_that_is_gone_is_made_again(scan, out):
    done(out, "a", scan, 1, 2)
    (out / "a.color-1.jpg").unlink()
    assert todo(scan.parent) == [((1,), ())]


@pytest.mark.parametrize("change", [{"seed": 1}, {"quality": 50}, {"weights": "others"}])
def test_other_settings_or_weights_make_anew(scan, out, change):
    done(out, "a", scan, 1, 2)
    assert todo(scan.parent, **change) == [((1, 2), ())]


def test_settings_without_effect_on_pictures_change_nothing(scan, out):
    done(out, "a", scan, 1, 2)
    assert todo(scan.parent, device="cpu", batch_size=3, max_mpixels=9) == []


def test_a_photo_with_a_new_date_is_looked_at_again(scan, out):
    done(out, "a", scan, 1)
    os.utime(scan, ns=(1, 1))
    assert todo(scan.parent) == [((2,), (1,))]


def test_without_trust_in_dates_known_photos_are_looked_at_and_no_others(scan, out):
    done(out, "a", scan, 1, 2)
    touch(scan.parent, "new.jpg")
    made = plan(scan.parent, variants=2, trust_mtime=False)
    assert [(job.kinds, job.if_changed, job.made_of) for job in made.jobs] == [
        ((), (1, 2), "aa"),
        ((1, 2), (), ""),
    ]


def test_a_picture_changed_by_hand_is_left_alone(scan, out):
    done(out, "a", scan, 1, 2)
    (out / "a.color-1.jpg").write_bytes(b"corrected")
    assert (todo(scan.parent), plan(scan.parent, variants=2).foreign) == ([], [])
    assert todo(scan.parent, seed=1) == [((2,), ())]


def test_a_photo_left_out_for_its_colour_stays_so_unless_asked_for(scan, out):
    state = scan.stat()
    manifest = Manifest(str(out))
    manifest.append(
        "a", Source("../in/a.jpg", state.st_size, state.st_mtime_ns, "aa"), None, "already in colour"
    )
    manifest.close()
    assert plan(scan.parent).already_left_out == 1
    assert todo(scan.parent, trust_mtime=False) == [((), (1, 2))]
    assert todo(scan.parent, if_color=IfColor.COLORIZE) == [((1, 2), ())]


def test_files_of_unknown_origin_by_choice(tmp_path):
    touch(tmp_path, "in/a.jpg", "o/a.color-1.jpg")
    options = {"variants": 1, "output": tmp_path / "o"}
    assert plan(tmp_path / "in", **options).jobs == []
    renamed = plan(tmp_path / "in", if_exists=IfExists.RENAME, **options)
    assert targets(renamed, tmp_path) == ["o/a.color-1~2.jpg"]
    overwritten = plan(tmp_path / "in", if_exists=IfExists.OVERWRITE, **options)
    assert targets(overwritten, tmp_path) == ["o/a.color-1.jpg"]
    with pytest.raises(OutputError, match=r"a\.color-1\.jpg exists"):
        plan(tmp_path / "in", if_exists=IfExists.ERROR, **options)


def test_pictures_of_another_photo_of_the_same_name_are_safe(scan, out, tmp_path):
    done(out, "a", scan, 1, digest=hashlib.sha256(b"").hexdigest())
    other = touch(tmp_path / "other", "a.jpg") / "a.jpg"
    other.write_bytes(b"another photo")
    options = {"output": out, "variants": 1}
    with pytest.raises(OutputError, match=r"made from \.\./in/a\.jpg, not from .*other/a\.jpg"):
        plan(other.parent, **options)
    renamed = plan(other.parent, if_exists=IfExists.RENAME, **options)
    assert targets(renamed, out) == ["a.color-1~2.jpg"]
    assert targets(plan(other.parent, if_exists=IfExists.OVERWRITE, **options), out) == ["a.color-1.jpg"]


def test_a_photo_that_has_moved_is_the_same_photo(scan, out, tmp_path):
    done(out, "a", scan, 1, digest=hashlib.sha256(b"").hexdigest())
    moved = touch(tmp_path / "moved", "a.jpg")
    assert [job.kinds for job in plan(moved, output=out, variants=1).jobs] == [()]


def test_a_renamed_picture_is_known_by_its_name(scan, out):
    done(out, "a", scan, 1)
    manifest = Manifest(str(out))
    entry = manifest.entry("a")
    (out / "a.color-1.jpg").rename(out / "a.color-1~2.jpg")
    renamed = Picture(**{**vars(entry.pictures[1]), "name": "a.color-1~2.jpg"})
    manifest.append("a", entry.source, [renamed])
    manifest.close()
    touch(out, "a.color-1.jpg")
    assert plan(scan.parent, variants=1).already_done == 1


names = st.text(string.ascii_letters + " '\n~é.", min_size=1, max_size=6).filter(lambda s: s.strip(". "))
photos = st.lists(st.tuples(names, names, st.sampled_from([".jpg", ".JPG", ".png", ".tif"])), max_size=12)


@settings(max_examples=60, deadline=None)
@given(photos=photos, flat=st.booleans(), pages=st.integers(1, 3))
def test_no_two_outputs_are_ever_one_file(tmp_path_factory, photos, flat, pages):
    root = tmp_path_factory.mktemp("plan")
    for folder, stem, suffix in photos:
        touch(root / "in", f"f{folder}/n{stem}{suffix}")
    touch(root / "in", "one.jpg", "one.page-2.png", "one.page-2.jpg", "one.tif")
    sources = [p for p in sorted((root / "in").rglob("*")) if p.is_file()] if flat else [root / "in"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "colorize_cli.inputs.naming.count_pages", lambda path: pages if path.suffix == ".tif" else 1
        )
        made = plan(*sources, variants=2, output=root / "out")
    outputs = [str(o.path).casefold() for job in made.jobs for o in job.outputs]
    assert len(outputs) == len(set(outputs)) == 2 * len(made.jobs)
    files = [p for p in (root / "in").rglob("*") if p.is_file()]
    assert len(made.jobs) == sum(pages if p.suffix == ".tif" else 1 for p in files)


def test_pages_are_counted_whatever_the_suffix(tmp_path):
    (tmp_path / "in").mkdir()
    with tifffile.TiffWriter(tmp_path / "in" / "scan.jpg") as tiff:
        for level in (1, 2):
            tiff.write(np.full((8, 8), level, np.uint8), contiguous=False)
    assert [job.photo.page for job in plan(tmp_path / "in").jobs] == [1, 2]


def test_hints_belong_to_the_page_that_they_are_named_after(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "colorize_cli.inputs.naming.count_pages", lambda path: 2 if path.suffix == ".tif" else 1
    )
    touch(tmp_path / "in", "book.tif", "book.page-2.hints.json", "a.jpg")
    hints = [[Path(path).name for path in job.photo.hints] for job in plan(tmp_path / "in").jobs]
    assert hints == [[], [], ["book.page-2.hints.json"]]


def test_new_changed_and_removed_hints_make_their_photo_anew(scan, out):
    touch(scan.parent, "b.jpg")
    hints = scan.with_name("a.hints.json")
    done(out, "b", scan.with_name("b.jpg"), 1, 2)
    done(out, "a", scan, 1, 2)
    assert todo(scan.parent) == []
    hints.write_bytes(b"one")
    assert todo(scan.parent) == [((1, 2), ())]
    done(out, "a", scan, 1, 2, hinted=hints_digest([hints]))
    assert todo(scan.parent) == []
    hints.write_bytes(b"two")
    assert todo(scan.parent) == [((1, 2), ())]
    hints.unlink()
    assert todo(scan.parent) == [((1, 2), ())]


@pytest.mark.parametrize("change", [{"palette": Palette(((1.0, 2.0),))}, {"hints": Hinting.SOFT}])
def test_what_is_said_of_colours_is_part_of_the_recipe(change):
    with_hints = [RunSettings(**options).digest(Format.PNG, "aa") for options in ({}, change)]
    assert with_hints[0] != with_hints[1]
    assert RunSettings(hints=Hinting.SOFT).digest(Format.PNG) == RunSettings().digest(Format.PNG)


def test_a_photo_whose_place_is_taken_by_others_is_not_done(tmp_path):
    touch(tmp_path, "in/a.jpg", "in/b.jpg", "o/a.color-1.jpg", "o/a.color-2.jpg", "o/b.color-1.jpg")
    made = plan(tmp_path / "in", variants=2, output=tmp_path / "o")
    assert (made.already_done, made.in_the_way) == (0, 1)
    assert targets(made, tmp_path) == ["o/b.color-2.jpg"]
    foreign = ["a.color-1.jpg", "a.color-2.jpg", "b.color-1.jpg"]
    assert [os.path.relpath(path, tmp_path / "o") for path in made.foreign] == foreign


def test_jobs_beyond_those_ahead_are_planned_when_they_are_asked_for(tmp_path):
    touch(tmp_path / "in", *(f"{i % 7}/{i}.jpg" for i in range(40)), "x.png", "x.jpg")
    whole = targets(plan(tmp_path / "in"), tmp_path)
    made = make_plan(RunSettings((tmp_path / "in",)), WEIGHTS, 5)
    assert (len(made.ahead), made.complete) == (5, False)
    touch(tmp_path / "in", "6/later.jpg")
    assert len([*made.stream()]) == 43
    made = make_plan(RunSettings((tmp_path / "in",)), WEIGHTS, 43 + 1)
    assert made.complete and [name for name in targets(made, tmp_path) if "later" not in name] == whole


def test_who_wants_all_jobs_gets_them(tmp_path):
    touch(tmp_path / "in", *(f"{i}.jpg" for i in range(9)))
    made = make_plan(RunSettings((tmp_path / "in",)), WEIGHTS, 5)
    assert len(made.jobs) == len(made.jobs) == 9 and made.complete


@settings(max_examples=60, deadline=None)
@given(photos=photos, pages=st.integers(1, 3), rule=st.sampled_from([None, "folder", "n(.)"]))
def test_shards_have_all_photos_once_under_the_names_of_a_run_of_everything(
    tmp_path_factory, photos, pages, rule
):
    root = tmp_path_factory.mktemp("plan")
    for folder, stem, suffix in photos:
        touch(root / "in", f"f{folder}/n{stem}{suffix}")
    touch(root / "in", "one.jpg", "one.page-2.png", "one.page-2.jpg", "one.tif", "one.png", "one.jpg.png")
    counted = []

    def count(path):
        counted.append(path)
        return pages if path.suffix == ".tif" else 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("colorize_cli.inputs.naming.count_pages", count)
        whole = targets(plan(root / "in", variants=1, group=rule), root)
        shards = [plan(root / "in", variants=1, group=rule, shard=Shard(i, 3)) for i in (1, 2, 3)]
    found = [targets(shard, root) for shard in shards]
    assert sorted(name for names in found for name in names) == sorted(whole)
    groups = [{job.group for job in shard.jobs} for shard in shards]
    assert rule is None or sum(map(len, groups)) - sum(None in group for group in groups) == len(
        set().union(*groups) - {None}
    )


def test_a_shard_counts_the_pages_of_its_own_files(tmp_path, monkeypatch):
    touch(tmp_path / "in", *(f"scan{i:03}.tif" for i in range(90)))
    counted = []
    monkeypatch.setattr("colorize_cli.inputs.naming.count_pages", lambda path: counted.append(path) or 1)
    made = plan(tmp_path / "in", shard=Shard(2, 3))
    assert 20 < len(made.jobs) == len(counted) < 40
