"""A run on a cluster from its client: requests go out, outcomes are noted, pictures get their names."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from colorize_cli.common.atomic import output_errors
from colorize_cli.common.stopwatch import Stopwatch
from colorize_cli.engine.description import EngineDescription
from colorize_cli.errors import DeviceError
from colorize_cli.model.weights_file import default_weights
from colorize_cli.output.lock import remove_unfinished
from colorize_cli.run.bounded_map import guarded
from colorize_cli.run.cluster.chunks import Chunks
from colorize_cli.run.cluster.connection import Connection, Taken
from colorize_cli.run.cluster.requests import Answer, Colouring, Outcome, Request
from colorize_cli.run.cluster.shared import Journal, RunMark, shared_place
from colorize_cli.run.cluster.travel import absolute, accept
from colorize_cli.run.events import Event, Result, StartEvent, Summary
from colorize_cli.run.group import GroupLooks
from colorize_cli.run.plan import Job, Plan
from colorize_cli.settings import RunSettings

_LISTEN = 0.5  # seconds between looks at whether to stop


@dataclass(frozen=True)
class _Sent:
    """A request that is out, its jobs as the plan has them, and the lines of its journal when it went."""

    request: Request
    jobs: list[Job]
    lines: int = 0


class ClusterRun:
    """Carries out a plan through a connection, while this process holds the locks of its output folders."""

    def __init__(
        self, plan: Plan, settings: RunSettings, weights_sha256: str, connection: Connection
    ) -> None:
        self.watch, self.threads = Stopwatch(), 0
        self._plan, self._settings, self._connection = plan, settings, connection
        own = None if settings.weights is None else settings.weights.absolute()
        self._engine = EngineDescription(own, weights_sha256, settings.device, settings.precision.value)
        self._chunks, self._looks = Chunks(plan.jobs), GroupLooks(plan)
        self._waiting: dict[tuple[str, str | None], list[list[Job]]] = {}  # for the look of their group
        self._out: dict[str, _Sent] = {}
        self._marks: dict[str, RunMark] = {}
        self._weights_copy: Path | None = None
        self._summary = Summary.of(plan)
        self._started = self._stopping = False

    def run(self, tell: Callable[[Event], None], stopped: Callable[[], bool]) -> Summary:
        """Carry out the plan; see `Pipeline.run`. DeviceError if the cluster is lost or unfit."""
        began = time.monotonic()
        try:
            while self._going_on(stopped):
                if taken := self._connection.take(_LISTEN):
                    self._settle(taken, tell)
        finally:
            self._clean_up()
        self._summary.seconds = time.monotonic() - began
        return self._summary

    def _going_on(self, stopped: Callable[[], bool]) -> bool:
        """Send what there is room for; whether anything is to be waited for."""
        threads = self._connection.threads()
        self.threads = max(self.threads, threads)
        if stopped():
            self._stop()
            return bool(self._out and threads)
        while self._chunks and self._busy() < 2 * threads + 2:
            self._begin(self._chunks.take(threads))
        return bool(self._out)

    def _busy(self) -> int:
        return len(self._out) + sum(map(len, self._waiting.values()))

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._summary.interrupted = bool(self._chunks or self._waiting)
            for mark in self._marks.values():
                mark.stop()

    def _begin(self, jobs: list[Job]) -> None:
        """Send a chunk, or, where the look of its group is to be found first, what finds it."""
        group = jobs[0].photo.root, jobs[0].group
        if sample := self._looks.sample(jobs[0]):
            self._waiting[group] = []
            self._send(self._request(sample), sample)
        if group in self._waiting:
            self._waiting[group].append(jobs)
        else:
            self._send(self._request(jobs, self._colouring(jobs)), jobs)

    def _colouring(self, jobs: list[Job]) -> Colouring:
        manifest = self._plan.manifest_of(jobs[0])
        entries = tuple(manifest.entry(job.photo.target) for job in jobs)
        return Colouring(entries, self._looks.look_of(jobs[0]), self._looks.digest_of(jobs[0]))

    def _request(self, jobs: list[Job], colouring: Colouring | None = None) -> Request:
        root = jobs[0].photo.root
        if root not in self._marks:
            self._marks[root] = RunMark(shared_place(root, ".run"))
            self._marks[root].make()
        # What is worked on is in the jobs; lists of a hundred thousand paths need not travel with each.
        settings = replace(self._settings, paths=(), files_from=None, weights=None)
        mark, journal = self._marks[root].path, Journal(shared_place(root, ".tries"))
        journal.make()
        there = tuple(map(absolute, jobs))
        return Request(there, settings, self._engine, mark, journal.path, colouring, self._weights_copy)

    def _send(self, request: Request, jobs: list[Job]) -> None:
        lines = len(Journal(request.journal).read())
        self._out[self._connection.send(request)] = _Sent(request, jobs, lines)

    def _settle(self, taken: Taken, tell: Callable[[Event], None]) -> None:
        sent, answer = self._out.pop(taken.ticket), taken.answer
        if answer is None:
            self._try_again(sent)
            return
        if answer.lacks_weights:
            self._send(replace(sent.request, weights_copy=self._copied_weights(sent)), sent.jobs)
            return
        self._start(answer, tell)
        for outcome in answer.outcomes:
            result = guarded(self._accepted, lambda pair: pair[1])((outcome, sent.jobs[outcome.place]))
            self._summary.add(result)
            tell(result)
        for stage, seconds in answer.seconds.items():
            self.watch.seconds[stage] += seconds
        if answer.error is not None:
            raise answer.error
        Journal(sent.request.journal).remove()
        if sent.request.colouring is None:
            self._keep_look(answer, sent)
        elif len(answer.outcomes) < len(sent.jobs):
            self._summary.interrupted = True  # the worker has seen the mark

    def _accepted(self, pair: tuple[Outcome, Job]) -> Result:
        outcome, job = pair
        return accept(outcome, job, self._plan.manifest_of(job), self._settings.if_exists)

    def _try_again(self, sent: _Sent) -> None:
        """Send a request again over which too many workers died for Dask, if they got anywhere."""
        if len(Journal(sent.request.journal).read()) == sent.lines:
            raise DeviceError(
                f"--cluster {self._connection.address}: workers end before they begin with a photo, perhaps "
                "for want of memory for the network; their logs say more."
            )
        self._send(sent.request, sent.jobs)

    def _copied_weights(self, sent: _Sent) -> Path:
        """The client's weights where all workers see them."""
        if self._weights_copy is None:
            copy = shared_place(sent.jobs[0].photo.root, ".safetensors")
            data = (self._engine.weights or default_weights()).read_bytes()
            with output_errors(copy):
                copy.write_bytes(data)
            self._weights_copy = copy
        return self._weights_copy

    def _start(self, answer: Answer, tell: Callable[[Event], None]) -> None:
        if self._started or answer.facts is None:
            return
        self._started = True
        workers = self._connection.workers()
        device = f"{answer.facts.device} on {workers} workers of {self._connection.address}"
        tell(StartEvent(self._settings, self._plan, replace(answer.facts, device=device)))

    def _keep_look(self, answer: Answer, sent: _Sent) -> None:
        job = sent.jobs[0]
        if answer.look is not None:
            self._looks.keep(job, answer.look)
        for jobs in self._waiting.pop((job.photo.root, job.group)):
            if self._stopping:
                self._summary.interrupted = True
            else:
                self._send(self._request(jobs, self._colouring(jobs)), jobs)

    def _clean_up(self) -> None:
        """Workers that are still at it see that nobody waits for them; what they left goes."""
        for root, mark in self._marks.items():
            mark.remove()
            remove_unfinished(root)
