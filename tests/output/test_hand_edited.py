"""Manifests that somebody has edited: every command ends with a message and a code of its own."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.gallery.building import build
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.review_list import write_review_list
from tests.folders import coloured

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["", ".", "..", "/", "/etc/passwd", "../../x", "a\0b", "\ud800", "x" * 5000, "\x1b[2J"]),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner)
)


def places(record, path=()):
    """Where a value stands in a record, at whatever depth."""
    inner = (
        record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    )
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(record, path, value):
    record = copy.deepcopy(record)
    holder = record
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return record


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a photo that was coloured and chosen from, and its two records."""
    out = coloured(tmp_path_factory.mktemp("edited"), ["aunt.png"], variants=2, size=(20, 30))
    with (out / ".colorize/manifest").open("a") as file:
        record = json.loads((out / ".colorize/manifest").read_text())
        paths = {"1": "aunt.png", "2": None}
        record = {key: record[key] for key in ("v", "target", "source")}
        file.write(json.dumps(record | {"pick": {"variant": 1, "paths": paths}, "pale_skin": 2}) + "\n")
    return out, [json.loads(line) for line in (out / ".colorize/manifest").read_text().splitlines()]


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), value=VALUES)
def test_no_edited_value_is_an_internal_error(folder, data, value):
    out, records = folder
    which = data.draw(st.integers(0, len(records) - 1))
    place = data.draw(st.sampled_from(list(places(records[which]))))
    edited = [*records[:which], changed(records[which], place, value), *records[which + 1 :]]
    (out / ".colorize/manifest").write_text("".join(json.dumps(record) + "\n" for record in edited))
    picks = {"version": 1, "picks": [{"photo": "aunt", "variant": 2}]}
    (out / "picks.json").write_text(json.dumps(picks))
    for command in (
        ["verify", "--quick"],
        ["gallery"],
        ["pick", "--dry-run"],
        ["pick", "--undo", "--dry-run"],
    ):
        assert run_guarded(cli, "colorize", [command[0], str(out), *command[1:]]) != ExitCode.INTERNAL_ERROR
    write_review_list(str(out))


def test_verify_tells_of_lines_that_make_no_sense(tmp_path, capsys):
    out = coloured(tmp_path, ["aunt.png"], variants=1, size=(20, 30))
    path = out / ".colorize/manifest"
    path.write_text(path.read_text().replace('"variant":1', '"variant":[]'))
    assert run_guarded(cli, "colorize", ["verify", str(out)]) == ExitCode.SOME_INPUTS_FAILED
    assert "has 1 damaged lines about aunt" in capsys.readouterr().err


def test_a_digest_is_no_way_out_of_the_folder(tmp_path):
    out = coloured(tmp_path, ["aunt.png"], variants=1, size=(20, 30))
    path = out / ".colorize/manifest"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(changed(record, ("made", 0, "sha256"), "../../../../x")) + "\n")
    assert Manifest(str(out)).entry("aunt") is None
    with pytest.raises(Exception, match="no pictures of colorize"):
        build(out)
