"""Which photos belong together: those of a roll, an album, an order."""

from __future__ import annotations

import os
import re

from colorize_cli.errors import UsageError

FOLDER = "folder"


def check_rule(rule: str) -> None:
    """UsageError unless a rule is "folder" or a regular expression."""
    try:
        re.compile(rule)
    except re.error as error:
        raise UsageError(
            f"--group {rule}: neither folder nor a regular expression ({error}). "
            "For roll12_003.jpg: --group 'roll[0-9]+'."
        ) from error


def group_of(rule: str | None, path: str, target: str) -> str | None:
    """The name of a photo's group within its output folder; None if it belongs to none.

    rule: None; "folder": what is in one folder is a group; or an expression, looked for in folder and name,
    as in `album/roll12_003.jpg`. What its brackets take is the group, without brackets what it matches.
    path: of the photo; target: folder and stem of its pictures (`inputs/naming`).
    """
    folder = os.path.dirname(target)  # noqa: PTH120
    if rule is None or rule == FOLDER:
        return None if rule is None else folder
    found = re.search(rule, os.path.join(folder, os.path.basename(path)))  # noqa: PTH118, PTH119
    if found is None:
        return None
    parts = found.groups() or (found[0],)
    return "/".join(part for part in parts if part) or None
