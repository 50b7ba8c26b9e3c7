import contextlib
import io
from pathlib import Path

from rich.console import Console

from colorize_cli.commands.progress import LiveProgress, PlainProgress, result_lines, show_progress
from colorize_cli.image.formats import Format
from colorize_cli.inputs.naming import InputPhoto
from colorize_cli.run.commit import Draft
from colorize_cli.run.events import Result
from colorize_cli.run.plan import Job, Output


def shown(terminal, results):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)
    with contextlib.closing(show_progress(console, len(results))) as progress:
        for result in results:
            progress(result)
    return type(progress), console.file.getvalue()


JOB = Job(InputPhoto("[bold]odd[/].jpg", None, "o", "a", Format.JPEG, ".jpg"), (1,))


def test_plain_lines_where_there_is_no_terminal():
    kind, text = shown(
        False,
        [
            Result(JOB, failure="spoilt [x]"),
            Result(JOB, note="already in colour"),
            Result(JOB, warnings=("no EXIF", "no ICC")),
            Result(JOB),
        ],
    )
    assert kind is PlainProgress
    assert text.splitlines() == [
        "failed: spoilt [x]",
        "left out: [bold]odd[/].jpg (already in colour)",
        "warning: [bold]odd[/].jpg: no EXIF",
        "warning: [bold]odd[/].jpg: no ICC",
    ]


def test_verbose_tells_of_every_photo():
    draft = Draft(Path("t"), Output(Path("o/a.color-1.jpg"), 1))
    assert result_lines(Result(JOB, (draft,)), verbose=True) == ["done: [bold]odd[/].jpg -> o: a.color-1.jpg"]
    assert result_lines(Result(JOB, unchanged=True), verbose=True) == ["unchanged: [bold]odd[/].jpg"]
    assert result_lines(Result(JOB, (draft,))) == []


def test_a_bar_on_a_terminal():
    kind, text = shown(True, [Result(JOB, failure="spoilt"), Result(JOB)])
    assert kind is LiveProgress
    assert "failed: spoilt" in text
    assert "2/2" in text


def test_plain_progress_tells_rate_and_time_left(monkeypatch):
    monkeypatch.setattr("colorize_cli.commands.progress._LINE_EVERY", 0.0)
    _, text = shown(False, [Result(JOB)])
    assert text.startswith("1 of 1 photo, ")
    assert "s left" in text
