"""Jobs on their way to a worker, and what became of them on its way back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from colorize_cli.output.records import Notes
from colorize_cli.run.cluster.requests import Outcome
from colorize_cli.run.commit import Draft, commit, drafting
from colorize_cli.run.events import Result
from colorize_cli.run.plan import Job, Output
from colorize_cli.settings import IfExists


def absolute(job: Job) -> Job:
    """A job for a process with another working folder; links and `..` stay, as paths are told by them."""
    photo = job.photo
    path, root, *hints = (str(Path(path).absolute()) for path in (photo.path, photo.root, *photo.hints))
    return replace(job, photo=replace(photo, path=path, root=root, hints=tuple(hints)))


def accept(outcome: Outcome, job: Job, notes: Notes, if_exists: IfExists) -> Result:
    """Note what became of a job, and give its pictures their names; the result with the plan's own paths."""
    there = outcome.result.job
    job = replace(job, kinds=there.kinds, if_changed=there.if_changed, renamed=there.renamed)
    for note in outcome.notes:
        notes.append(job.photo.target, note.source, left_out=note.left_out)
    result = _said_here(outcome.result, job)
    if outcome.delivery is None:
        return result
    outputs = {output.kind: output for output in job.outputs}
    with drafting() as drafts:
        drafts += [_renamed(draft, outputs[draft.output.kind]) for draft in outcome.delivery.drafts]
        commit(replace(outcome.delivery, job=job, drafts=tuple(drafts)), notes, if_exists)
    return replace(result, pictures=tuple(drafts))


def _said_here(result: Result, job: Job) -> Result:
    """A result of the plan's own job, whose texts name files as the plan does."""
    mine, theirs = job.photo, result.job.photo
    names = ((theirs.path, mine.path), *zip(theirs.hints, mine.hints, strict=True), (theirs.root, mine.root))

    def here(text: str) -> str:
        for there, own in names:
            text = text.replace(there, own)
        return text

    failure = None if result.failure is None else here(result.failure)
    return replace(result, job=job, failure=failure, warnings=tuple(map(here, result.warnings)))


def _renamed(draft: Draft, output: Output) -> Draft:
    return replace(draft, output=output)
