"""Files that are there whole or not at all, and what is said where one cannot be written."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from colorize_cli.errors import DiskFullError, OutputError, PhotoError

_UNFINISHED = re.compile(r"\.colorize-[0-9a-f]{16}(\.[A-Za-z0-9]+)?")
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_ROOM = "free some space or write to another disk"
_PLACE = "check the folder and its permissions, or choose another place"


@dataclass(frozen=True)
class StoredFile:
    """A file that was written: its bytes and their sha256 in hex."""

    size: int
    sha256: str


@contextlib.contextmanager
def output_errors(place: Path | str, done: str = "written", advice: str = _PLACE) -> Iterator[None]:
    """An OSError of the block becomes an OutputError: which file or folder, what is wrong, what to do.

    PhotoError for a name that is too long: another photo has another one.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise too_long(place) from error
        full = error.errno in FULL
        reason, what_to_do = error.strerror or error, _ROOM if full else advice
        kind = DiskFullError if full else OutputError
        raise kind(f"{place}: cannot be {done} ({reason}); {what_to_do}.") from error


def too_long(place: Path | str) -> PhotoError:
    """What is wrong with a name that the disk does not take."""
    return PhotoError(f"{place}: its name is too long for this disk; rename the photo")


def temporary_name(suffix: str = "") -> str:
    """A name that nobody else has for a file that is not whole yet; no walk takes it for a photo."""
    return f".colorize-{secrets.token_hex(8)}{suffix}"


def is_temporary(name: str) -> bool:
    """Whether a file has a name of `temporary_name`."""
    return _UNFINISHED.fullmatch(name) is not None


def write_new(path: Path, write: Callable[[BinaryIO], object], *, durable: bool = False) -> StoredFile:
    """A file of what `write` puts into it; with `durable` it is on the disk when this returns.

    OutputError, naming the folder, if there is one already or it cannot be written; nothing is left then.
    """
    with output_errors(path.parent), _growing(path) as file:
        write(file)
        _finish(file, durable)
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        return StoredFile(size, hashlib.file_digest(file, "sha256").hexdigest())  # type: ignore[arg-type]


def replace_file(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Put a file in place of another, which is there whole until the new one is; see `write_new`.

    Folders are made if need be. OutputError if it cannot be written: then the old one stays.
    """
    temporary = path.with_name(temporary_name())
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _growing(temporary) as file:
            file.write(data)
            _finish(file, durable)
            file.close()
            temporary.replace(path)
        if durable:
            _sync_folder(path.parent)


@contextlib.contextmanager
def _growing(path: Path) -> Iterator[BinaryIO]:
    """A file that is new, and removed again if the block fails."""
    with path.open("x+b") as file:
        try:
            yield file
        except BaseException:
            with contextlib.suppress(OSError):
                file.close()  # which tries once more to write what did not fit
            with contextlib.suppress(OSError):
                path.unlink()
            raise


def _finish(file: BinaryIO, durable: bool) -> None:
    file.flush()
    if durable:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Put a file's name on the disk, where the system lets folders be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
