"""What became of photos: one `Result` each, and the `Summary` of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from colorize_cli.hints.hint_file import HintResult
from colorize_cli.run.commit import Draft
from colorize_cli.run.plan import Job

FAILURES_KEPT = 20  # each was named when it happened; memory must not grow with the number of photos


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
    group: str | None = None

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
    """Counts of a run, and its first failures."""

    photos: int = 0
    pictures: int = 0
    maps: int = 0  # of uncertainty
    already_done: int = 0
    already_left_out: int = 0
    seconds: float = 0.0
    interrupted: bool = False  # stopped before all photos were begun
    left_out: int = 0
    failed: int = 0
    failures: list[Result] = field(default_factory=list)  # the first of them
    warned: int = 0  # photos that something was odd about, whatever became of them

    def add(self, result: Result) -> None:
        """Count one photo."""
        self.warned += bool(result.warnings)
        if result.status == "failed":
            self.failed += 1
            if len(self.failures) < FAILURES_KEPT:
                self.failures.append(result)
        elif result.status == "left_out":
            self.left_out += 1
        elif result.status == "unchanged":
            self.already_left_out += result.job.left_out is not None
            self.already_done += result.job.left_out is None
        else:
            self.photos += 1
            maps = sum(picture.output.variant == 0 for picture in result.pictures)
            self.pictures += len(result.pictures) - maps
            self.maps += maps
