"""The report of a run as JSON Lines, for programs: one object a line, told apart by `message_type`.

The schema is in docs/report.md. Fields may be added within a version, never removed or given another meaning.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from colorize_cli import __version__
from colorize_cli.errors import ColorizeError, OutputError
from colorize_cli.run.plan import Job, Plan
from colorize_cli.run.results import Result, Summary
from colorize_cli.settings import RunSettings

SCHEMA = 1


class Report:
    """Writes messages to any number of streams; each is flushed, so that what happened survives a kill."""

    def __init__(self, file: Path | None, *streams: IO[str]) -> None:
        self._streams = list(streams)
        self._file: IO[str] | None = None
        if file is not None:
            try:
                self._file = file.open("w", encoding="utf-8")
            except OSError as error:
                raise OutputError(f"{file}: the report cannot be written ({error.strerror}).") from error
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

    def start(self, settings: RunSettings, plan: Plan, **about: object) -> None:
        """The first message: what is going to be done, with what."""
        known = {"version": __version__, "variants": settings.variants, "seed": settings.seed}
        counts = {"to_do": len(plan.jobs), "already_done": plan.already_done}
        self._write("start", known | counts | {"already_left_out": plan.already_left_out} | about)

    def planned(self, job: Job) -> None:
        """A photo of a dry run."""
        outputs = [{"path": _text(o.path), "variant": o.variant} for o in job.outputs()]
        self._write("planned", _photo(job) | {"outputs": outputs})

    def photo(self, result: Result) -> None:
        """A photo that is finished, in whatever way."""
        outputs = [
            {"path": _text(p.output.path), "variant": p.output.variant, "bytes": p.size, "sha256": p.sha256}
            | (asdict(p.standing) if p.standing else {})
            | ({} if p.uncertainty is None else {"uncertainty": p.uncertainty})
            for p in result.pictures
        ]
        reason = result.failure or result.note
        about: dict[str, object] = {"status": result.status, "outputs": outputs, "warnings": result.warnings}
        hints = {"hints": [asdict(hint) for hint in result.hints]} if result.hints else {}
        told = {"group": result.group} if result.group is not None else {}
        told |= {"reason": reason} if reason else {}
        self._write("photo", _photo(result.job) | about | hints | told)

    def unreadable(self, texts: Iterable[str]) -> None:
        """Folders that could not be walked."""
        for text in texts:
            self._write("unreadable", {"reason": text})

    def summary(self, summary: Summary, exit_code: int, galleries: Iterable[Path] = ()) -> None:
        """The last message of a run that ended in order."""
        counts = {
            "photos": summary.photos,
            "pictures": summary.pictures,
            "maps": summary.maps,
            "already_done": summary.already_done,
            "left_out": summary.left_out + summary.already_left_out,
            "failed": summary.failed,
        }
        ended = {"seconds": round(summary.seconds, 3), "interrupted": summary.interrupted}
        pages = [_text(page) for page in galleries]
        self._write(
            "summary", counts | ended | {"exit_code": exit_code} | ({"galleries": pages} if pages else {})
        )

    def _write(self, message_type: str, fields: dict[str, Any]) -> None:
        line = json.dumps({"message_type": message_type, "schema": SCHEMA} | fields) + "\n"
        for stream in self._streams:
            try:
                stream.write(line)
                stream.flush()
            except OSError as error:
                raise OutputError(f"The report cannot be written ({error.strerror or error}).") from error


def _photo(job: Job) -> dict[str, object]:
    return {"source": _text(job.source), "page": job.photo.page}


def _text(path: Path) -> str:
    """The path; bytes that are no text stay as lone surrogates, which `os.fsencode` turns back."""
    return os.fspath(path)
