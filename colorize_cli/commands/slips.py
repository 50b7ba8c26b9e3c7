"""Slips of the pen: the default command takes any word for a path, so a mistyped command would be none."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from colorize_cli.errors import UsageError


def refuse_slips(words: Iterable[str], commands: Collection[str]) -> None:
    """UsageError if a word that names no file is a command's name in the wrong place, or nearly one."""
    for word in words:
        if word.startswith("-") or os.path.lexists(word):
            continue
        near = nearest(word, commands)
        if near == word:
            raise UsageError(
                f"{word} is a command and comes first: colorize {word} … (no file has this name)."
            )
        if near:
            raise UsageError(
                f"There is no command or file {word}. Did you mean: colorize {near}? "
                "colorize --help lists the commands."
            )


def nearest(word: str, commands: Collection[str]) -> str | None:
    """The command that somebody probably meant who typed this word."""
    found = get_close_matches(word.lower().replace("_", "-"), commands, n=1, cutoff=0.7)
    return found[0] if found else None
