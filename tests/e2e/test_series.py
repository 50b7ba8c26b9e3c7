"""Groups and maps of uncertainty from the command line to the files."""

import copy
import csv
import json
from pathlib import Path

import cv2
import pytest
import torch

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.model.weights import save_weights
from colorize_cli.output.picks import Choice, write_picks
from colorize_cli.run import pipeline
from tests.conftest import grey_scene, originals_untouched


@pytest.fixture
def roll(tmp_path):
    folder = tmp_path / "roll"
    folder.mkdir()
    for i in range(4):
        cv2.imwrite(str(folder / f"r1_{i}.png"), grey_scene(60, 80, i))
    return folder


@pytest.fixture(scope="module")
def lively_weights(tiny_net, tmp_path_factory):
    """Those of a network whose features are not all near zero, so that photos have mixtures of their own."""
    net = copy.deepcopy(tiny_net)
    torch.manual_seed(1)
    for layer in net.backbone.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)
    path = tmp_path_factory.mktemp("lively") / "lively.safetensors"
    save_weights(path, net, "lively")
    return path


@pytest.fixture
def run(roll, lively_weights, capsys):
    """Exit code, the report's lines of photos by name, and what was said."""

    def run(*arguments):
        options = ["-n", "2", "--weights", str(lively_weights), "--device", "cpu", "--json"]
        with originals_untouched(roll.parent):
            code = run_guarded(cli, "colorize", [str(roll), *options, *map(str, arguments)])
        told = capsys.readouterr()
        lines = [json.loads(line) for line in told.out.splitlines()]
        return (
            code,
            {line["source"][-8:]: line for line in lines if line["message_type"] == "photo"},
            told.err,
        )

    return run


def test_photos_of_a_group_have_one_order_of_variants(run):
    assert len({photo["outputs"][0]["weight"] for photo in run()[1].values()}) > 1
    code, photos, _ = run("--group", "folder")
    weights = {tuple(picture["weight"] for picture in photo["outputs"]) for photo in photos.values()}
    assert (code, len(photos), len(weights)) == (0, 4, 1)
    assert {photo["group"] for photo in photos.values()} == {""}


def test_a_photo_that_comes_later_takes_the_look_of_its_group(run, roll):
    run("--group", "r[0-9]")
    cv2.imwrite(str(roll / "r1_9.png"), grey_scene(60, 80, 9))
    code, photos, _ = run("--group", "r[0-9]")
    assert (code, list(photos), photos["r1_9.png"]["group"]) == (0, ["r1_9.png"], "r1")
    assert run("--group", "r[0-9]")[1] == {}


def test_a_look_that_is_forgotten_is_found_anew_for_the_whole_group(run, roll):
    run("--group", "folder")
    (roll.with_name("roll-colorized") / ".colorize" / "looks").unlink()
    assert len(run("--group", "folder")[1]) == 4


def test_photos_without_a_group_stay_as_they_are(run, roll):
    run()
    assert run("--group", "no such")[1] == {}


def test_a_group_does_without_its_damaged_photos(run, roll):
    (roll / "r1_0.png").write_bytes(b"no picture")
    code, photos, _ = run("--group", "folder")
    assert (code, [p["status"] for p in photos.values()]) == (3, ["failed", "done", "done", "done"])


def test_a_group_of_damaged_photos_alone_has_no_look(run, roll):
    for path in roll.iterdir():
        path.write_bytes(b"no picture")
    assert run("--group", "folder")[0] == ExitCode.NO_USABLE_INPUT
    assert not (roll.with_name("roll-colorized") / ".colorize" / "looks").exists()


def test_diversity_and_groups_exclude_each_other(run):
    code, _, said = run("--group", "folder", "--diversity", "0.5")
    assert (code, "leave it out with --group" in said) == (ExitCode.USAGE, True)


def test_maps_come_with_a_list_of_photos_worth_a_look(run, roll):
    code, photos, said = run("--uncertainty")
    out = roll.with_name("roll-colorized")
    with (out / "worth-a-look.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    unsure = [float(line["uncertainty"]) for line in lines]
    assert (code, len(unsure), unsure) == (0, 4, sorted(unsure, reverse=True))
    assert f"Most worth a look: {lines[0]['source'].rpartition('/')[2]} ({unsure[0]:.1f})" in said
    levels = cv2.imread(str(out / lines[0]["map"]), cv2.IMREAD_UNCHANGED)
    assert levels.shape == (60, 80) and levels.min() > 0
    told = [picture for photo in photos.values() for picture in photo["outputs"] if picture["variant"] == 0]
    assert sorted((picture["uncertainty"] for picture in told), reverse=True) == unsure


def test_pale_skin_is_in_the_list_and_said(run, roll, monkeypatch):
    monkeypatch.setattr(pipeline, "pale_skin", lambda fields: int(abs(fields).sum()) % 7 + 1)
    _, photos, said = run("--uncertainty")
    with (roll.with_name("roll-colorized") / "worth-a-look.csv").open(newline="") as file:
        listed = {Path(line["source"]).name: int(line["pale_skin"]) for line in csv.DictReader(file)}
    assert listed == {Path(photo["source"]).name: photo["pale_skin"] for photo in photos.values()}
    assert (
        "Most small spots of pale skin, perhaps faces: r1_" in said and f" ({max(listed.values())})" in said
    )


def test_maps_are_added_to_pictures_that_are_there_and_kept(run, roll):
    run()
    _, photos, said = run("--uncertainty")
    assert [len(photo["outputs"]) for photo in photos.values()] == [1] * 4
    assert "0 pictures and 4 maps of 4 photos" in said
    assert run("--uncertainty")[1] == {}
    (roll.with_name("roll-colorized") / "r1_2.uncertainty.png").unlink()
    assert list(run("--uncertainty")[1]) == ["r1_2.png"]


def test_maps_are_verified_and_not_taken_for_photos(run, roll, tiny_weights):
    run("--uncertainty")
    out = roll.with_name("roll-colorized")
    assert run_guarded(cli, "colorize", ["verify", str(out)]) == 0
    arguments = [str(out), "--weights", str(tiny_weights), "-q"]
    assert run_guarded(cli, "colorize", arguments) == ExitCode.NO_USABLE_INPUT
    (out / "r1_2.uncertainty.png").write_bytes(b"other")
    assert run_guarded(cli, "colorize", ["verify", str(out)]) == ExitCode.SOME_INPUTS_FAILED


def test_the_list_names_pictures_where_a_pick_has_put_them(run, roll, tmp_path):
    run("--uncertainty")
    out, picks = roll.with_name("roll-colorized"), tmp_path / "picks.json"
    write_picks(picks, [Choice("r1_2", variant=1), Choice("r1_3", variant=2)])
    assert run_guarded(cli, "colorize", ["pick", str(out), str(picks)]) == 0
    with (out / "worth-a-look.csv").open(newline="") as file:
        listed = {line["source"][-8:]: line["first_variant"] for line in csv.DictReader(file)}
    assert (listed["r1_2.png"], listed["r1_1.png"]) == ("r1_2.png", "r1_1.color-1.png")
    assert listed["r1_3.png"] == "other-variants/r1_3.color-1.png"
    assert (out / "r1_2.uncertainty.png").exists()
