"""`colorize folder/` for programs: the same run, with the same promises."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from colorize_cli.errors import ExitCode, UsageError
from colorize_cli.run.events import EndEvent, Event, Listener, Result, Summary
from colorize_cli.run.run import run
from colorize_cli.settings import CHOICES, DETAIL, DIVERSITY, QUALITY, VARIANTS, RunSettings

_PATHS = ("output", "weights", "files_from", "base")
_RANGES = {"variants": VARIANTS, "quality": QUALITY, "diversity": DIVERSITY, "detail": DETAIL}


@dataclass
class FolderRun:
    """What became of a run: its exit code and counts, and why photos have failed."""

    code: ExitCode = ExitCode.OK
    summary: Summary = field(default_factory=Summary)
    failures: list[str] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Listen to the run."""
        if isinstance(event, Result) and event.failure is not None:
            self.failures.append(event.failure)
        elif isinstance(event, EndEvent):
            self.summary = event.summary


def colorize_folder(
    *paths: str | os.PathLike[str], listeners: tuple[Listener, ...] = (), **settings: Any
) -> FolderRun:
    """Colour photos and folders into files, as the command does; `settings` are fields of `RunSettings`.

    A photo that fails is in `failures` and stops nothing. ColorizeError for what ends a run.
    """
    if unknown := set(settings) - {one.name for one in fields(RunSettings)}:
        raise UsageError(f"{min(unknown)}: there is no such setting of a run.")
    if not paths and settings.get("files_from") is None:
        raise UsageError("Name a folder or photos to colour: colorize_folder('album')")
    chosen = {name: _as_setting(name, value) for name, value in settings.items()}
    found = FolderRun()
    found.code = run(RunSettings(paths=tuple(map(Path, paths)), **chosen), found, *listeners)
    return found


def _as_setting(name: str, value: Any) -> Any:
    """A value as `RunSettings` has it: names of choices and of files may be given as text."""
    if name in _PATHS and value is not None:
        return Path(value)
    if name in _RANGES and value is not None:
        least, most = _RANGES[name]
        if not least <= value <= most:
            raise UsageError(f"{name} is {value}; it is to be from {least} to {most}.")
    if name not in CHOICES:
        return value
    try:
        return CHOICES[name](value)
    except ValueError:
        known = ", ".join(CHOICES[name])
        raise UsageError(f"{name} is {value!r}; choose {known}.") from None
