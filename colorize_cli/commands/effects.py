"""Options that were typed and can change nothing: refused where that is certain, said where it turns out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from colorize_cli.errors import UsageError
from colorize_cli.image.formats import FORMATS, FileFormat, Format
from colorize_cli.settings import RunSettings

if TYPE_CHECKING:
    from rich.console import Console

    from colorize_cli.run.events import Event

_JPEG = "JPEG", lambda fmt: fmt.name == "jpeg"
# Which formats an option is about, in words and as a test.
_FORMATS: dict[str, tuple[str, Callable[[FileFormat], bool]]] = {
    "quality": ("lossy formats", lambda fmt: fmt.lossy),
    "chroma": _JPEG,
    "lossless_luma": _JPEG,
    "separate_scans": _JPEG,
}
_NEEDS = {"palette_strength": "palette", "null": "files_from", "base": "output"}


def typed_options(context: click.Context) -> frozenset[str]:
    """The options that stand on the command line itself: only of these a person expects something now."""
    source = context.get_parameter_source
    return frozenset(name for name in context.params if source(name) is ParameterSource.COMMANDLINE)


def refuse_without_effect(typed: frozenset[str], settings: RunSettings) -> None:
    """UsageError for an option that was typed and cannot change any picture of such a run."""
    for name in sorted(typed & set(_NEEDS)):
        if getattr(settings, _NEEDS[name]) is None:
            raise UsageError(f"{_flag(name)} does nothing without {_flag(_NEEDS[name])}.")
    for name in sorted(typed & set(_FORMATS)):
        what, fits = _FORMATS[name]
        if settings.format is not Format.SAME and not fits(FORMATS[settings.format]):
            raise UsageError(
                f"{_flag(name)} is for {what} and does nothing for {FORMATS[settings.format].title}; leave "
                "it out, or choose another --format."
            )


class EffectListener:
    """Says of options that were typed that they do nothing, once it is known what pictures a run makes."""

    def __init__(self, console: Console, typed: frozenset[str]) -> None:
        self._console, self._typed = console, typed
        self._formats: set[Format] = set()

    def __call__(self, event: Event) -> None:
        """Look at the formats of a plan."""
        from colorize_cli.run.events import JobEvent, PlanEvent

        if isinstance(event, JobEvent):
            self._formats.add(event.job.format)
        if isinstance(event, PlanEvent):
            self._formats.update(job.format for job in event.plan.ahead)
            self._say([FORMATS[name] for name in self._formats])

    def _say(self, formats: list[FileFormat]) -> None:
        if not formats:
            return
        for name in sorted(self._typed & set(_FORMATS)):
            what, fits = _FORMATS[name]
            if not any(map(fits, formats)):
                found = ", ".join(sorted(fmt.title for fmt in formats))
                text = f"{_flag(name)} does nothing here: it is for {what}, the pictures are {found}."
                self._console.print(text, highlight=False, markup=False, soft_wrap=True)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
