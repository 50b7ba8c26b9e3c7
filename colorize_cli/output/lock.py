"""Output folders during a run: one run at a time, and nothing left over from a run that was killed."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from colorize_cli.common.atomic import output_errors
from colorize_cli.errors import OutputError
from colorize_cli.output.manifest import FOLDER

_LOCK, _WORK = "lock", "unfinished"


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
    folder = root / FOLDER
    with output_errors(root):
        folder.mkdir(parents=True, exist_ok=True)
        lock = _acquired(folder)
        remove_unfinished(str(root))
    try:
        with output_errors(root):
            (folder / "holder").write_text(f"process {os.getpid()} on {socket.gethostname()}", "utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / "holder").unlink(missing_ok=True)
            unfinished(str(root)).rmdir()
        lock.release()


def _acquired(folder: Path) -> FileLock:
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"{folder.parent}: another colorize is writing there ({_holder(folder)}). "
            "Wait until it has finished, or choose another folder with -o."
        ) from None
    return lock


def _holder(folder: Path) -> str:
    try:
        return (folder / "holder").read_text("utf-8") or "an unknown process"
    except OSError:
        return "an unknown process"


def unfinished(root: str) -> Path:
    """Where pictures of the output folder `root` grow until they are whole."""
    return Path(root) / FOLDER / _WORK


def remove_unfinished(root: str) -> None:
    """Remove what a run that was killed has left; only for the holder of the lock."""
    folder = unfinished(root)
    for path in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            path.unlink()
