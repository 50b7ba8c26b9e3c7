import errno
import json
import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorize_cli.errors import OutputError
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Pick, Picture, Source, Standing

SOURCE = Source("../in/a.jpg", 100, 12345, "aa")


def picture(variant, recipe="r", digest="aa"):
    return Picture(f"a.color-{variant}.jpg", variant, 10 * variant, "bb", recipe, "w", digest)


def noted(root, *lines):
    manifest = Manifest(str(root))
    for line in lines:
        manifest.append(*line)
    manifest.close()
    return Manifest(str(root))


def test_what_was_noted_is_known_again(tmp_path):
    manifest = noted(tmp_path, ("sub/a", SOURCE, [picture(1), picture(2)]))
    entry = manifest.entry("sub/a")
    assert (entry.source, entry.pictures) == (SOURCE, {1: picture(1), 2: picture(2)})
    assert manifest.entry("sub/b") is None


def test_later_lines_count_and_earlier_pictures_stay_known(tmp_path):
    lines = [("a", SOURCE, [picture(1), picture(2)]), ("a", SOURCE, [picture(2, "new")])]
    assert noted(tmp_path, *lines).entry("a").pictures == {1: picture(1), 2: picture(2, "new")}


def test_a_photo_left_out_is_known_until_it_is_coloured(tmp_path):
    assert (
        noted(tmp_path, ("a", SOURCE, None, "already in colour")).entry("a").left_out == "already in colour"
    )
    assert noted(tmp_path, ("a", SOURCE, [picture(1)])).entry("a").left_out is None


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_torn_last_line_costs_that_line_only(tmp_path, cut):
    noted(tmp_path, ("a", SOURCE, [picture(1)]), ("b", SOURCE, [picture(1)]))
    path = tmp_path / ".colorize/manifest"
    path.write_bytes(path.read_bytes()[:-cut])
    again = noted(tmp_path, ("c", SOURCE, [picture(1)]))
    assert [again.entry(name) is not None for name in "abc"] == [True, cut == 1, True]


def test_manifests_of_two_machines_are_one_after_the_other(tmp_path):
    texts = []
    for name in ("a", "b"):
        noted(tmp_path / name, (name, SOURCE, [picture(1)]), ("both", SOURCE, [picture(1 + (name == "b"))]))
        texts.append((tmp_path / name / ".colorize/manifest").read_bytes())
    for order in (texts, texts[::-1]):
        (tmp_path / "m/.colorize").mkdir(parents=True, exist_ok=True)
        (tmp_path / "m/.colorize/manifest").write_bytes(b"".join(order))
        merged = Manifest(str(tmp_path / "m"))
        assert {e.target: sorted(e.pictures) for e in merged.entries()} == {
            "a": [1],
            "b": [1],
            "both": [1, 2],
        }


def test_lines_of_later_versions_are_passed_over(tmp_path):
    noted(tmp_path, ("a", SOURCE, [picture(1)]))
    with (tmp_path / ".colorize/manifest").open("a") as file:
        file.write(json.dumps({"v": 2, "target": "a", "what": "ever"}) + "\n[]\nnull\n")
    assert Manifest(str(tmp_path)).entry("a").pictures == {1: picture(1)}


def test_names_that_are_no_text_come_back(tmp_path):
    odd = b"odd\xff\n.jpg".decode("utf-8", "surrogateescape")
    assert noted(tmp_path, (odd, SOURCE, [picture(1)])).entry(odd) is not None


@settings(max_examples=100, deadline=None)
@given(garbage=st.binary(max_size=80), place=st.integers(0, 400))
def test_no_damage_keeps_a_run_from_starting(tmp_path_factory, garbage, place):
    root = tmp_path_factory.mktemp("m")
    noted(root, ("a", SOURCE, [picture(1)]), ("b", SOURCE, None, "already in colour"))
    path = root / ".colorize/manifest"
    data = path.read_bytes()
    path.write_bytes(data[:place] + garbage + data[place:])
    for entry in Manifest(str(root)).entries():
        assert isinstance(entry.target, str)


def test_what_the_mixture_thinks_of_a_picture_comes_back(tmp_path):
    told = replace(picture(1), standing=Standing(0.5, -12.25, 3.0))
    assert noted(tmp_path, ("a", SOURCE, [told, picture(2)])).entry("a").pictures == {1: told, 2: picture(2)}


def test_pale_skin_comes_back_and_stays_until_the_first_variant_is_made_anew(tmp_path):
    lines = [("a", SOURCE, [picture(1)], None, 4), ("a", SOURCE, [picture(2)])]
    assert noted(tmp_path, *lines).entry("a").pale_skin == 4
    assert noted(tmp_path, ("a", SOURCE, [picture(1)])).entry("a").pale_skin is None


def test_older_versions_read_pictures_beside_pale_skin(tmp_path):
    noted(tmp_path, ("a", SOURCE, [picture(1)], None, 4))
    (record,) = map(json.loads, (tmp_path / ".colorize/manifest").read_text().splitlines())
    # What version 1 of the manifest has always had: older versions give the rest of `made` to `Picture`.
    assert [set(made) for made in record["made"]] == [{"name", "variant", "size", "sha256"}]
    assert record["pale_skin"] == 4


@pytest.mark.parametrize("spots", [-1, True, "4", 2.5, [4]])
def test_pale_skin_that_makes_no_sense_costs_its_line(tmp_path, spots):
    manifest = noted(tmp_path, ("a", SOURCE, [picture(1)]), ("a", SOURCE, [picture(2)], None, spots))
    assert (manifest.entry("a").pictures, manifest.damaged) == ({1: picture(1)}, {"a": 1})


def test_a_pick_is_known_until_it_is_taken_back_or_pictures_are_made_anew(tmp_path):
    chosen = Pick(2, {1: "others/a.color-1.jpg", 2: "a.jpg", 3: None})
    manifest = noted(tmp_path, ("a", SOURCE, [picture(1), picture(2), picture(3)]))
    manifest.append_pick("a", SOURCE, chosen)
    entry = Manifest(str(tmp_path)).entry("a")
    assert (entry.pick, [entry.path(entry.pictures[i]) for i in (1, 2, 3)]) == (
        chosen,
        list(chosen.paths.values()),
    )
    manifest.append_pick("a", SOURCE, None)
    assert Manifest(str(tmp_path)).entry("a").pick is None
    manifest.append_pick("a", SOURCE, chosen)
    assert noted(tmp_path, ("a", SOURCE, [picture(1)])).entry("a").pick is None


@pytest.mark.parametrize("pick", [7, {}, {"variant": "x", "paths": {}}, {"variant": 1, "paths": {"1": 5}}])
def test_a_damaged_pick_costs_that_pick_only(tmp_path, pick):
    noted(tmp_path, ("a", SOURCE, [picture(1)])).append_pick("a", SOURCE, None)
    path = tmp_path / ".colorize/manifest"
    path.write_text(path.read_text().replace('"pick":null', f'"pick":{json.dumps(pick)}'))
    assert Manifest(str(tmp_path)).entry("a").pictures == {1: picture(1)}


def test_a_line_torn_by_a_full_disk_does_not_swallow_the_next(tmp_path, monkeypatch):
    manifest = noted(tmp_path, ("a", SOURCE, [picture(1)]))
    real, room = os.write, [30]

    def write(handle, data):
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = bytes(data[: room[0]])
        room[0] -= len(part)
        return real(handle, part)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", write)
        with pytest.raises(OutputError, match="No space left"):
            manifest.append("torn", SOURCE, [picture(1)])
    manifest.append("next", SOURCE, [picture(1)])
    manifest.close()
    assert [entry.target for entry in Manifest(str(tmp_path)).entries()] == ["a", "next"]
