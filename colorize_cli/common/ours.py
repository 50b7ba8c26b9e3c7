"""Files that the tool writes anew at a place of a fixed name: only over its own, told by how they begin."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from colorize_cli.common.regular import open_regular
from colorize_cli.errors import OutputError

_HEAD = 4096


def is_ours(path: Path, beginning: re.Pattern[bytes], *, follow: bool = False) -> bool:
    """Whether a regular file that the tool has written is there, with one name, or an empty one."""
    try:
        handle = open_regular(path, follow=follow, only_name=True)
    except OSError:
        return False
    with os.fdopen(handle, "rb") as file:
        head = file.read(_HEAD)
    return not head or beginning.search(head) is not None


def require_ours(path: Path, beginning: re.Pattern[bytes], kind: str) -> None:
    """OutputError if something else than a file of ours is in the place."""
    if os.path.lexists(path) and not is_ours(path, beginning):
        raise OutputError(_taken(path, kind))


def require_ours_or_stream(path: Path, beginning: re.Pattern[bytes], kind: str) -> None:
    """The same where a pipe or a terminal may be meant, and a link by its target."""
    try:
        special = not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return  # nothing is there, or what opening it will say
    if not special and not is_ours(path, beginning, follow=True):
        raise OutputError(_taken(path, kind))


def _taken(path: Path, kind: str) -> str:
    return (
        f"{path}: is there already and is no {kind} of colorize, or has a second name; it stays as it is. "
        "Move it away, or choose another place."
    )
