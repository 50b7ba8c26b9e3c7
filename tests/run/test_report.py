import errno
import io
import json
from pathlib import Path

import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode, OutputError
from colorize_cli.inputs.walk import Selection
from colorize_cli.output.manifest import Manifest
from colorize_cli.run.events import SelectionEvent
from colorize_cli.run.plan import Plan
from colorize_cli.run.report import Report


@pytest.fixture
def reported(tiny_weights, capsys):
    """Exit code and messages of a run with --json."""

    def run(*arguments):
        options = ["--weights", str(tiny_weights), "--device", "cpu", "-n", "2", "--json", "-q"]
        code = run_guarded(cli, "colorize", [*options, *map(str, arguments)])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def test_a_run_is_told_from_start_to_summary(reported, album):
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    code, messages = reported(album)
    assert [m["message_type"] for m in messages] == ["start", *["photo"] * 4, "summary"]
    assert {m["schema"] for m in messages} == {1}
    assert messages[0] | {"to_do": 4, "variants": 2, "device": "cpu"} == messages[0]
    (failed,) = [m for m in messages if m.get("status") == "failed"]
    assert "broken.jpg" in failed["reason"]
    assert messages[-1] | {"photos": 3, "pictures": 6, "failed": 1, "exit_code": 3} == messages[-1]
    assert code == ExitCode.SOME_INPUTS_FAILED


def test_outputs_come_with_size_and_digest(reported, album):
    _, messages = reported(album / "aunt.jpg")
    outputs = messages[1]["outputs"]
    assert [o["variant"] for o in outputs] == [1, 2]
    assert [o["bytes"] for o in outputs] == [Path(o["path"]).stat().st_size for o in outputs]
    assert outputs[0]["distance"] == 0 < outputs[1]["distance"]
    assert outputs[0]["weight"] >= outputs[1]["weight"]


def test_pale_skin_is_told_and_noted(reported, album):
    _, messages = reported(album)
    told = {Path(m["source"]).stem: m["pale_skin"] for m in messages if m["message_type"] == "photo"}
    entries = Manifest(f"{album}-colorized").entries()
    assert told == {Path(entry.target).name: entry.pale_skin for entry in entries}
    assert len(told) == 3 and all(type(spots) is int for spots in told.values())


def test_a_run_without_work_is_told_too(reported, album):
    reported(album)
    code, messages = reported(album)
    assert [m["message_type"] for m in messages] == ["start", "summary"]
    assert (messages[-1]["already_done"], code) == (3, 0)


def test_a_dry_run_tells_its_plan(reported, album):
    _, messages = reported(album, "--dry-run")
    assert [m["message_type"] for m in messages] == ["planned"] * 3
    assert len(messages[0]["outputs"]) == 2


def test_what_ends_a_run_is_told(reported, album):
    code, messages = reported(album, "--device", "cuda:99")
    assert (code, messages[-1]["message_type"], messages[-1]["exit_code"]) == (7, "error", 7)


def test_a_report_that_cannot_be_written_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        Report(tmp_path / "none/r.jsonl")


class Full(io.StringIO):
    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_stream_that_is_full_ends_the_run_in_words():
    with pytest.raises(OutputError, match="No space left"), Report(None, Full()) as report:
        report(SelectionEvent(Plan(selection=Selection(unreadable=["x"]))))
