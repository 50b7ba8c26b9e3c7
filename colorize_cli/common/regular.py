"""Opening files for what they are: a pipe or a device in the place of a file keeps nobody waiting."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def open_regular(
    path: Path | str,
    flags: int = os.O_RDONLY,
    *,
    follow: bool = True,
    only_name: bool = False,
    dir_fd: int | None = None,
) -> int:
    """A handle of a regular file; OSError, EINVAL for anything else, ELOOP for a link unless `follow`.

    only_name: a file with a second name (hard link) is refused as well, with EMLINK.
    """
    if flags & (os.O_RDWR | os.O_WRONLY) == 0 and follow and dir_fd is None:
        _require_regular(os.stat(path), path)  # noqa: PTH116 - opening a device can already move it
    handle = os.open(path, flags | _NO_WAIT | (0 if follow else _NO_LINK), 0o666, dir_fd=dir_fd)
    try:
        state = os.fstat(handle)
        _require_regular(state, path)
        if only_name and state.st_nlink > 1:
            raise OSError(errno.EMLINK, "it has a second name (hard link), whose file would change too")
    except OSError:
        os.close(handle)
        raise
    return handle


def reading(path: Path | str) -> io.BufferedReader:
    """A regular file opened for reading; OSError as of `open_regular`."""
    return os.fdopen(open_regular(path), "rb")


def _require_regular(state: os.stat_result, path: Path | str) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
