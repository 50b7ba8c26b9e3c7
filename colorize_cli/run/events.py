"""What happens in a run, as one stream of events, and who hears it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from colorize_cli.common.stopwatch import Stopwatch
from colorize_cli.errors import ExitCode
from colorize_cli.hints.hint import HintResult
from colorize_cli.output.review_list import ReviewItem
from colorize_cli.run.commit import Draft
from colorize_cli.run.plan import Job, Plan
from colorize_cli.settings import UNCERTAINTY, RunSettings


@dataclass(frozen=True)
class Result:
    """What became of one photo: pictures that were written, or the reason why there are none."""

    job: Job
    pictures: tuple[Draft, ...] = ()
    failure: str | None = None
    note: str | None = None  # left out on purpose
    unchanged: bool = False  # its content was looked at: it is the photo that the pictures there are of
    warnings: tuple[str, ...] = ()
    hints: tuple[HintResult, ...] = ()
    pale_skin: int | None = None  # of what was coloured

    @property
    def status(self) -> str:
        """One word, as in the report: failed, left_out, unchanged or done."""
        if self.failure is not None:
            return "failed"
        if self.note is not None:
            return "left_out"
        return "unchanged" if self.unchanged else "done"


@dataclass
class Summary:
    """Counts of a run."""

    photos: int = 0
    pictures: int = 0
    maps: int = 0  # of uncertainty
    already_done: int = 0
    already_left_out: int = 0
    in_the_way: int = 0  # photos that lack pictures because files of others have their names
    seconds: float = 0.0
    interrupted: bool = False  # stopped before all photos were begun
    left_out: int = 0
    failed: int = 0
    warned: int = 0  # photos that something was odd about, whatever became of them

    @classmethod
    def of(cls, plan: Plan) -> Summary:
        """Of a run that has not begun: what needs nothing."""
        return cls(
            already_done=plan.already_done,
            already_left_out=plan.already_left_out,
            in_the_way=plan.in_the_way,
        )

    def add(self, result: Result) -> None:
        """Count one photo."""
        self.warned += bool(result.warnings)
        if result.status == "failed":
            self.failed += 1
        elif result.status == "left_out":
            self.left_out += 1
        elif result.status == "unchanged":
            self.already_left_out += result.job.left_out is not None
            self.already_done += result.job.left_out is None
        else:
            self.photos += 1
            maps = sum(picture.output.kind == UNCERTAINTY for picture in result.pictures)
            self.pictures += len(result.pictures) - maps
            self.maps += maps


@dataclass(frozen=True)
class JobEvent:
    """A photo is planned; only where nothing else is done."""

    job: Job


@dataclass(frozen=True)
class PlanEvent:
    """The plan is made, so far as it is before the work; `dry`: nothing will follow."""

    plan: Plan
    dry: bool = False


@dataclass(frozen=True)
class SelectionEvent:
    """All that was named has been looked at; of a large archive that is so when all is done."""

    plan: Plan


@dataclass(frozen=True)
class EngineFacts:
    """What a run colours with: weights by name and sha256, device and precision, photos to a model call."""

    weights: str
    sha256: str
    device: str
    precision: str
    batch_size: int


@dataclass(frozen=True)
class StartEvent:
    """Photos are going to be coloured; without an engine: there is nothing to do."""

    settings: RunSettings
    plan: Plan
    engine: EngineFacts | None = None


@dataclass(frozen=True)
class StopEvent:
    """Somebody wants the run to stop; what was begun is finished."""


@dataclass(frozen=True)
class Profile:
    """Where the time went: seconds by stage, over so many threads."""

    watch: Stopwatch
    threads: int


@dataclass(frozen=True)
class FinishEvent:
    """All photos are through, as far as they will be; `profile` where photos were coloured."""

    plan: Plan
    summary: Summary
    profile: Profile | None = None


@dataclass(frozen=True)
class ReviewListEvent:
    """A list of photos by how unsure their colours are, the least sure first."""

    path: Path
    items: list[ReviewItem]


@dataclass(frozen=True)
class GalleryEvent:
    """A page to choose on; without a path there is none, and why."""

    path: Path | None
    problem: str = ""


@dataclass(frozen=True)
class EndEvent:
    """The last event of a run that ended in order."""

    summary: Summary
    exit_code: ExitCode


# In the order in which they come.
Event = (
    JobEvent
    | PlanEvent
    | SelectionEvent
    | StartEvent
    | StopEvent
    | Result
    | FinishEvent
    | ReviewListEvent
    | GalleryEvent
    | EndEvent
)
Listener = Callable[[Event], Iterable[Event] | None]


class EventStream:
    """Tells every listener of every event; a listener may answer with events, which all hear as well."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = tuple(listeners)

    def tell(self, event: Event) -> None:
        """Let all hear it, in their order, before any hears an answer to it."""
        answers = [listener(event) for listener in self._listeners]
        for answer in itertools.chain.from_iterable(found or () for found in answers):
            self.tell(answer)
