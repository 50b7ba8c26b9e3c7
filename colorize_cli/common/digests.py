"""sha256 of files, in bounded memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

from colorize_cli.common.regular import reading


def sha256_of(path: Path | str) -> str:
    """sha256 of a regular file in hex; OSError if it cannot be read."""
    with reading(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
