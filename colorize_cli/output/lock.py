"""Output folders during a run: one run at a time, and nothing left over from a run that was killed."""

from __future__ import annotations

import contextlib
import json
import math
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from colorize_cli.common.atomic import output_errors
from colorize_cli.errors import BusyError
from colorize_cli.output.own_folder import OwnFolder, remove_temporaries
from colorize_cli.output.segments import segment_name, segments

_LOCK, _HOLDER, _WORK, _ELSEWHERE = "lock", "holder", "unfinished", "unfinished-elsewhere"
_ABANDONED = 24 * 3600.0  # seconds after which a shard that has begun no picture does not run any more


@contextlib.contextmanager
def locked(roots: list[str], segment: str = "") -> Iterator[None]:
    """Hold the output folders, which are made if need be; OutputError if another run holds one.

    The lock is the operating system's, so it ends with the process, however that ends. The run of a shard
    (`segment` as of `Shard.segment`) holds none, and keeps to files that no other run writes to.
    """
    with contextlib.ExitStack() as held:
        for root in roots:
            held.enter_context(_beside_others(Path(root), segment) if segment else _locked(Path(root)))
        yield


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    folder = OwnFolder(root)
    new = [path for path in (root, *root.parents) if not path.exists()]
    with output_errors(root):
        folder.make()
        lock = _acquired(folder)
    try:
        with output_errors(root):
            remove_unfinished(str(root))
            folder.write(_HOLDER, f"process {os.getpid()} on {socket.gethostname()}".encode())
            _remove_abandoned(folder)
        yield
    finally:
        with contextlib.suppress(OSError):
            folder.remove(_HOLDER)
        folder.remove_folder(_WORK)
        _leave_nothing(folder, new)
        lock.release()


def _leave_nothing(folder: OwnFolder, new: list[Path]) -> None:
    """Take away what a run that has written nothing has made: its own folder, and those that are `new`.

    The lock goes last and while it is held; who has it open already finds out (filelock looks for that).
    """
    with contextlib.suppress(OSError):
        if os.listdir(folder.path) == [_LOCK]:  # noqa: PTH208
            folder.remove(_LOCK)
            folder.path.rmdir()
            for path in new:
                path.rmdir()


@contextlib.contextmanager
def _beside_others(root: Path, segment: str) -> Iterator[None]:
    folder, work = OwnFolder(root), segment_name(_WORK, segment)
    with output_errors(root):
        folder.make(work)
        _remove_abandoned(folder)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            folder.remove_unfinished(work)
        folder.remove_folder(work)


def _acquired(folder: OwnFolder) -> FileLock:
    lock = FileLock(folder.checked(_LOCK), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"{folder.root}: another colorize is writing there ({_holder(folder)}). "
            "Wait until it has finished, or choose another folder with -o."
        ) from None
    return lock


def _holder(folder: OwnFolder) -> str:
    try:
        return folder.read(_HOLDER).decode("utf-8", "replace") or "an unknown process"
    except OSError:
        return "an unknown process"


def growing_place(root: str, folder: Path, segment: str = "") -> Path:
    """Where pictures for `folder` in the output folder `root` grow until they are whole: on the same disk.

    A folder with a disk of its own is noted, for what a run that is killed leaves there.
    """
    own = OwnFolder(root)
    work = own.make(segment_name(_WORK, segment))
    if work.stat().st_dev == folder.stat().st_dev:
        return work
    line = json.dumps(os.path.relpath(folder, root)).encode() + b"\n"
    notes = segment_name(_ELSEWHERE, segment)
    if line not in _elsewhere(own, notes):
        own.append(notes, line)
    return folder


def remove_unfinished(root: str, segment: str = "", before: float = math.inf) -> None:
    """Remove what a run that was killed has left; only for the holder of the lock, or for the run of a shard.

    before: only what was last written to before that time.
    """
    own, notes = OwnFolder(root), segment_name(_ELSEWHERE, segment)
    own.remove_unfinished(segment_name(_WORK, segment))
    for line in _elsewhere(own, notes):
        with contextlib.suppress(OSError, ValueError, TypeError):
            folder = os.path.normpath(json.loads(line))
            if not os.path.isabs(folder) and not folder.startswith(os.pardir):  # noqa: PTH117
                remove_temporaries(Path(root, folder), before=before)
    own.remove(notes)


def _remove_abandoned(own: OwnFolder) -> None:
    """Remove what shards have left that were killed: nobody can ask other machines whether they still run."""
    # By the clock of the disk, on which something has just been made; those of the machines may differ.
    before = own.path.stat().st_mtime - _ABANDONED
    own.remove_unfinished(before=before)  # an index
    for stem in (_WORK, _ELSEWHERE):
        for name in segments(own, stem):
            with contextlib.suppress(OSError):
                if name != stem and (own.path / name).lstat().st_mtime < before:
                    remove_unfinished(str(own.root), name.removeprefix(f"{stem}."), before)
                    own.remove_folder(name)


def _elsewhere(own: OwnFolder, notes: str) -> list[bytes]:
    try:
        return own.read(notes).splitlines(keepends=True)
    except FileNotFoundError:
        return []
