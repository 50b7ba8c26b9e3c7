"""What is in the place of a picture when it is made: only what a run has written is replaced."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

from colorize_cli.common.atomic import too_long
from colorize_cli.common.digests import sha256_of
from colorize_cli.errors import PhotoError
from colorize_cli.output.records import Entry, Notes
from colorize_cli.run.existing import free_name, in_the_way
from colorize_cli.run.plan import Job, Output
from colorize_cli.settings import IfExists, OutputKind


def settled(job: Job, notes: Notes, if_exists: IfExists) -> tuple[Job, tuple[str, ...]]:
    """The job without outputs whose places are taken, or with other names for them, and what is to be said.

    The plan has only compared sizes. OutputError as `if_exists` says, PhotoError if a name is too long.
    """
    taken = _taken(job, notes, if_exists)
    if not taken:
        _require_no_folder(job)
        return job, ()
    if if_exists is IfExists.ERROR:
        raise in_the_way(str(taken[0].path))
    if if_exists is IfExists.RENAME:
        names = {output.kind: free_name(str(output.path)) for output in taken}
        return replace(job, renamed=tuple((dict(job.renamed) | names).items())), ()
    gone: set[OutputKind] = {output.kind for output in taken}
    kinds, if_changed = (tuple(k for k in found if k not in gone) for found in (job.kinds, job.if_changed))
    known = entry.pictures if (entry := notes.entry(job.photo.target)) else {}
    said = tuple(
        f"{output.path.name} {'was changed since it was made' if output.kind in known else 'is not ours'}; "
        "it stays (--if-exists overwrite replaces it)"
        for output in taken
    )
    return replace(job, kinds=kinds, if_changed=if_changed), said


def require_free(job: Job, notes: Notes, if_exists: IfExists) -> None:
    """PhotoError if something has come into the place of an output since it was `settled`."""
    if taken := _taken(job, notes, if_exists):
        raise PhotoError(f"{taken[0].path}: was changed while the run went on; it stays as it is")
    _require_no_folder(job)


def superseded(job: Job, notes: Notes) -> list[Path]:
    """Pictures of another format that those of a job replace: files that are as a run has made them."""
    entry = notes.entry(job.photo.target)
    made = {output: entry.pictures.get(output.kind) for output in job.outputs} if entry else {}
    old = [Output(output.path.with_name(one.name), output.kind) for output, one in made.items() if one]
    now = {output.path for output in job.outputs}
    return [output.path for output in old if output.path not in now and _is_as_made(output, entry)]


def _require_no_folder(job: Job) -> None:
    """PhotoError for a folder in the place of a picture: `overwrite` is meant for files."""
    for output in job.outputs:
        if output.path.is_dir() and not output.path.is_symlink():
            raise PhotoError(f"{output.path}: a folder has the name of a picture; move it, or rename it")


def _taken(job: Job, notes: Notes, if_exists: IfExists) -> list[Output]:
    there = [output for output in job.outputs if _is_there(output.path)]
    if not there or if_exists is IfExists.OVERWRITE:
        return []
    entry = notes.entry(job.photo.target)
    taken = [output for output in there if not _is_as_made(output, entry)]
    if not taken or not notes.shared:
        return taken
    notes.refresh()  # the same shard may run twice: a job that was started again while the first went on
    entry = notes.entry(job.photo.target)
    return [output for output in taken if not _is_as_made(output, entry)]


def _is_as_made(output: Output, entry: Entry | None) -> bool:
    made = entry.pictures.get(output.kind) if entry else None
    if made is None or made.name != output.path.name:
        return False
    try:
        return not output.path.is_symlink() and sha256_of(output.path) == made.sha256
    except OSError:
        return False


def _is_there(path: Path) -> bool:
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise too_long(path) from None
        return False
    return True
