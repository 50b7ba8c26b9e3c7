"""The report of a run as JSON Lines, for programs: one object a line, told apart by `message_type`.

The schema is in docs/archive.md. Fields may be added within a version, never removed or given another
meaning.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from colorize_cli import __version__
from colorize_cli.common.atomic import output_errors
from colorize_cli.common.ours import require_ours_or_stream
from colorize_cli.errors import ColorizeError
from colorize_cli.output.records import number_of
from colorize_cli.run.commit import Draft
from colorize_cli.run.events import (
    EndEvent,
    Event,
    GalleryEvent,
    JobEvent,
    PlanEvent,
    Result,
    SelectionEvent,
    StartEvent,
)
from colorize_cli.run.plan import Job, Plan

SCHEMA = 1
_OURS = re.compile(rb'\A\{"message_type": ')


class Report:
    """A listener that writes messages to any number of streams, each flushed at once to survive a kill."""

    def __init__(self, file: Path | None, *streams: IO[str], named: Callable[[str], str] = str) -> None:
        """`named` gives lines with the names of files as people know them."""
        self._streams, self._named = list(streams), named
        self._galleries: list[Path] = []
        self._file: IO[str] | None = None
        if file is not None:
            require_ours_or_stream(file, _OURS, "report")
            with output_errors(f"{file} (report)"):
                self._file = file.open("w", encoding="utf-8")
            self._streams.append(self._file)

    def __enter__(self) -> Report:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, ColorizeError):
            self._write("error", {"text": str(error), "exit_code": int(error.exit_code)})
        if self._file is not None:
            self._file.close()

    def __call__(self, event: Event) -> None:
        """Write the message of an event that has one."""
        match event:
            case JobEvent(job):
                outputs = [{"path": _text(o.path), "variant": number_of(o.kind)} for o in job.outputs]
                self._write("planned", _source(job) | {"outputs": outputs})
            case PlanEvent(plan, dry) if dry:
                self._in_the_way(plan)
            case SelectionEvent(plan):
                self._in_the_way(plan)
                for text in plan.selection.unreadable:
                    self._write("unreadable", {"reason": text})
            case StartEvent():
                self._write("start", _start(event))
            case Result():
                self._write("photo", _photo(event))
            case GalleryEvent(path) if path is not None:
                self._galleries.append(path)
            case EndEvent():
                pages = {"galleries": [_text(page) for page in self._galleries]} if self._galleries else {}
                self._write("summary", _summary(event) | pages)

    def _in_the_way(self, plan: Plan) -> None:
        for path in plan.foreign:
            self._write("in_the_way", {"path": path})

    def _write(self, message_type: str, fields: dict[str, Any]) -> None:
        line = self._named(json.dumps({"message_type": message_type, "schema": SCHEMA} | fields)) + "\n"
        for stream in self._streams:
            with output_errors("The report"):
                stream.write(line)
                stream.flush()


def _start(event: StartEvent) -> dict[str, object]:
    settings, plan, engine = event.settings, event.plan, event.engine
    counts = {"to_do": len(plan.ahead), "already_done": plan.already_done, "in_the_way": plan.in_the_way}
    found: dict[str, object] = {"version": __version__, "variants": settings.variants, "seed": settings.seed}
    found |= counts | {"already_left_out": plan.already_left_out} | ({} if plan.complete else {"more": True})
    if engine is not None:
        found |= {"weights": engine.sha256, "device": engine.device, "precision": engine.precision}
        found["name"] = engine.weights
    return found


def _photo(result: Result) -> dict[str, object]:
    outputs = [_picture(draft) for draft in result.pictures]
    found = _source(result.job) | {"status": result.status, "outputs": outputs, "warnings": result.warnings}
    if result.hints:
        found["hints"] = [asdict(hint) for hint in result.hints]
    if result.job.group is not None and result.status == "done":
        found["group"] = result.job.group
    if result.pale_skin is not None:
        found["pale_skin"] = result.pale_skin
    reason = result.failure or result.note
    return found | ({"reason": reason} if reason else {})


def _picture(draft: Draft) -> dict[str, object]:
    output = draft.output
    found: dict[str, object] = {"path": _text(output.path), "variant": number_of(output.kind)}
    found |= {"bytes": draft.size, "sha256": draft.sha256}
    found |= asdict(draft.standing) if draft.standing else {}
    return found | ({} if draft.uncertainty is None else {"uncertainty": draft.uncertainty})


def _summary(event: EndEvent) -> dict[str, object]:
    summary = event.summary
    counts: dict[str, object] = {
        "photos": summary.photos,
        "pictures": summary.pictures,
        "maps": summary.maps,
        "already_done": summary.already_done,
        "in_the_way": summary.in_the_way,
        "left_out": summary.left_out + summary.already_left_out,
        "failed": summary.failed,
    }
    ended = {"seconds": round(summary.seconds, 3), "interrupted": summary.interrupted}
    return counts | ended | {"exit_code": int(event.exit_code)}


def _source(job: Job) -> dict[str, object]:
    return {"source": _text(job.source), "page": job.photo.page}


def _text(path: Path) -> str:
    """The path; bytes that are no text stay as lone surrogates, which `os.fsencode` turns back."""
    return os.fspath(path)
