"""What a client asks of a worker and what the worker answers; all of it is pickled."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from colorize_cli.engine.description import EngineDescription
from colorize_cli.errors import ColorizeError
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.output.records import Entry, Source
from colorize_cli.run.commit import Delivery
from colorize_cli.run.events import EngineFacts, Result
from colorize_cli.run.group import FoundLook
from colorize_cli.run.plan import Job
from colorize_cli.settings import RunSettings


@dataclass(frozen=True)
class Colouring:
    """Photos, all of one output folder and group, are to be coloured.

    entries: what the manifest knows of each. look: of their group, and what recipes say of it.
    """

    entries: tuple[Entry | None, ...]
    look: GroupLook | None
    look_digest: str


@dataclass(frozen=True)
class Request:
    """A call of a worker; all paths are absolute.

    colouring: None if the look of the photos' group is to be found. mark: the file of a `RunMark`, journal:
    that of a `Journal`. weights_copy: where the weights are, once a worker has turned out not to have them.
    """

    jobs: tuple[Job, ...]
    settings: RunSettings
    engine: EngineDescription
    mark: Path
    journal: Path
    colouring: Colouring | None = None
    weights_copy: Path | None = None


@dataclass(frozen=True)
class Note:
    """What the manifest is to keep of a photo that got no pictures."""

    source: Source
    left_out: str | None


@dataclass(frozen=True)
class Outcome:
    """What became of one photo of a request, by its place there; the client notes it and gives names."""

    place: int
    result: Result
    delivery: Delivery | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Answer:
    """Of a worker; `error` is what ends the run, after the outcomes are noted."""

    facts: EngineFacts | None = None
    outcomes: tuple[Outcome, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)  # of work, by stage
    look: FoundLook | None = None
    lacks_weights: bool = False
    error: ColorizeError | None = None
