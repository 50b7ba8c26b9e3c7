"""`.colorize` of an output folder: only what is really in it is opened, whoever may have put links there."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from colorize_cli.common.atomic import is_temporary, output_errors
from colorize_cli.common.regular import open_regular
from colorize_cli.errors import OutputError

FOLDER = ".colorize"
_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
# Windows has neither; there the path is looked at before it is used.
_BY_HANDLE = os.open in os.supports_dir_fd


class OwnFolder:
    """The tool's own folder in the output folder `root`.

    Every access begins at `root`, whose name is the user's, and follows no link below it. OutputError where
    something is in the way that is not ours: it could lead to the only copy of a scan.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self.path = self.root / FOLDER

    def make(self, *below: str) -> Path:
        """The path of the folder, or of one inside it, which is made if need be."""
        path = self.path.joinpath(*below)
        with output_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        with self._handle(*below):
            return path

    def exists(self, *below: str) -> bool:
        """Whether the folder, or one inside it, is there; OutputError if it is a link."""
        try:
            with self._handle(*below):
                return True
        except FileNotFoundError:
            return False

    def names(self) -> list[str]:
        """What is in the folder; nothing if it is not there."""
        with contextlib.suppress(FileNotFoundError), self._handle() as folder:
            return os.listdir(self.path if folder is None else folder)  # noqa: PTH208
        return []

    def open(self, name: str, flags: int = os.O_RDONLY) -> int:
        """A handle of a file in the folder; what is written to has no second name. FileNotFoundError."""
        writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
        with self._handle() as folder:
            place, own = self._place(name, folder)
            try:
                return open_regular(place, flags, follow=False, only_name=writes, dir_fd=own)
            except FileNotFoundError:
                raise
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.EMLINK, errno.EINVAL, errno.EISDIR):
                    raise _not_ours(self.path / name) from error
                raise

    def checked(self, name: str) -> Path:
        """The path of a file for others to open: a regular one with no second name, or none."""
        with contextlib.suppress(FileNotFoundError):
            os.close(self.open(name, os.O_RDWR))
        return self.path / name

    def read(self, name: str) -> bytes:
        """What is in a file; FileNotFoundError."""
        with os.fdopen(self.open(name), "rb") as file:
            return file.read()

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file, which is made if need be."""
        with os.fdopen(self.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as file:
            file.write(data)

    def write(self, name: str, data: bytes) -> None:
        """A file of its own with this content; what had the name is no longer there, links included."""
        with self._handle() as folder:
            place, own = self._place(name, folder)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place, dir_fd=own)
        with os.fdopen(self.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(data)

    def remove(self, name: str) -> None:
        """Take a file away, if it is there."""
        with contextlib.suppress(FileNotFoundError), self._handle() as folder:
            place, own = self._place(name, folder)
            os.unlink(place, dir_fd=own)

    def remove_unfinished(self, *below: str, before: float = math.inf) -> None:
        """Remove files that were never finished from the folder or one inside; see `remove_temporaries`."""
        with contextlib.suppress(FileNotFoundError), self._handle(*below) as folder:
            remove_temporaries(self.path.joinpath(*below), folder, before)

    def remove_folder(self, name: str) -> None:
        """Take a folder inside away, if it is empty."""
        with contextlib.suppress(OSError), self._handle() as folder:
            place, own = self._place(name, folder)
            os.rmdir(place, dir_fd=own)

    def _place(self, name: str, folder: int | None) -> tuple[str, int | None]:
        return (str(self.path / name), None) if folder is None else (name, folder)

    @contextlib.contextmanager
    def _handle(self, *below: str) -> Iterator[int | None]:
        """A handle of the folder or of one inside, reached without links; None where there are no handles."""
        parts = (FOLDER, *below)
        if not _BY_HANDLE:
            for i in range(len(parts)):
                path = self.root.joinpath(*parts[: i + 1])
                if path.lstat() and (path.is_symlink() or not path.is_dir()):
                    raise _not_ours(path)
            yield None
            return
        handle = os.open(self.root, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            owner = os.fstat(handle).st_uid
            for i, part in enumerate(parts):
                inner = self._inside(handle, part, self.root.joinpath(*parts[: i + 1]), owner)
                os.close(handle)
                handle = inner
            yield handle
        finally:
            os.close(handle)

    def _inside(self, outer: int, name: str, path: Path, owner: int) -> int:
        try:
            handle = os.open(name, _FOLDER_FLAGS, dir_fd=outer)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise _not_ours(path) from error
            raise
        # Whoever owns the output folder can do as he likes there anyway; so can root.
        if os.fstat(handle).st_uid not in (os.geteuid(), owner, 0):
            os.close(handle)
            raise OutputError(
                f"{path}: belongs to another user. Remove it, or choose another output folder with -o."
            )
        return handle


def remove_temporaries(folder: Path, handle: int | None = None, before: float = math.inf) -> None:
    """Remove the files of a folder that have the name of an unfinished one; see `temporary_name`.

    before: only those that were last written to before that time, in seconds.
    """
    for name in os.listdir(folder if handle is None else handle):  # noqa: PTH208
        place: str | Path = folder / name if handle is None else name
        with contextlib.suppress(OSError):
            state = os.lstat(place, dir_fd=handle)
            if is_temporary(name) and stat.S_ISREG(state.st_mode) and state.st_mtime < before:
                os.unlink(place, dir_fd=handle)


def _not_ours(path: Path) -> OutputError:
    return OutputError(
        f"{path}: is a link, has a second name or is no file of its kind; colorize has not made it and does "
        "not write through it. Look what it leads to, remove it, or choose another output folder with -o."
    )
