"""Output folders during a run: one run at a time, and nothing left over from a run that was killed."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from colorize_cli.common.atomic import output_errors
from colorize_cli.errors import BusyError
from colorize_cli.output.own_folder import OwnFolder, remove_temporaries

_LOCK, _HOLDER, _WORK, _ELSEWHERE = "lock", "holder", "unfinished", "unfinished-elsewhere"


@contextlib.contextmanager
def locked(roots: list[str]) -> Iterator[None]:
    """Hold the output folders, which are made if need be; OutputError if another run holds one.

    The lock is the operating system's, so it ends with the process, however that ends.
    """
    with contextlib.ExitStack() as held:
        for root in roots:
            held.enter_context(_locked(Path(root)))
        yield


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    folder = OwnFolder(root)
    with output_errors(root):
        folder.make()
        lock = _acquired(folder)
    try:
        with output_errors(root):
            remove_unfinished(str(root))
            folder.write(_HOLDER, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            folder.remove(_HOLDER)
            (folder.path / _WORK).rmdir()
        lock.release()


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


def growing_place(root: str, folder: Path) -> Path:
    """Where pictures for `folder` in the output folder `root` grow until they are whole: on the same disk.

    A folder with a disk of its own is noted, for what a run that is killed leaves there.
    """
    own = OwnFolder(root)
    work = own.make(_WORK)
    if work.stat().st_dev == folder.stat().st_dev:
        return work
    line = json.dumps(os.path.relpath(folder, root)).encode() + b"\n"
    if line not in _elsewhere(own):
        own.append(_ELSEWHERE, line)
    return folder


def remove_unfinished(root: str) -> None:
    """Remove what a run that was killed has left; only for the holder of the lock."""
    own = OwnFolder(root)
    own.remove_unfinished(_WORK)
    for line in _elsewhere(own):
        with contextlib.suppress(OSError, ValueError, TypeError):
            folder = os.path.normpath(json.loads(line))
            if not os.path.isabs(folder) and not folder.startswith(os.pardir):  # noqa: PTH117
                remove_temporaries(Path(root, folder))
    own.remove(_ELSEWHERE)


def _elsewhere(own: OwnFolder) -> list[bytes]:
    try:
        return own.read(_ELSEWHERE).splitlines(keepends=True)
    except FileNotFoundError:
        return []
