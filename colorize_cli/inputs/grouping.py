"""Which photos belong together: those of a roll, an album, an order."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from colorize_cli.errors import UsageError
from colorize_cli.inputs.naming import InputPhoto

FOLDER = "folder"


@dataclass(frozen=True)
class Grouping:
    """A rule: "folder", or a regular expression that takes the same text out of the names of a group."""

    rule: str

    def __post_init__(self) -> None:
        if self.rule == FOLDER:
            return
        try:
            re.compile(self.rule)
        except re.error as error:
            raise UsageError(
                f"--group {self.rule}: neither folder nor a regular expression ({error}). "
                "For roll12_003.jpg: --group 'roll[0-9]+'."
            ) from error

    def group_of(self, photo: InputPhoto) -> str | None:
        """The name of a photo's group within its output folder; None if it belongs to none.

        An expression is looked for in folder and name, as in `album/roll12_003.jpg`. What its brackets
        take is the group, without brackets what it matches.
        """
        folder = os.path.dirname(photo.target)  # noqa: PTH120
        if self.rule == FOLDER:
            return folder
        found = re.search(self.rule, os.path.join(folder, os.path.basename(photo.path)))  # noqa: PTH118, PTH119
        if found is None:
            return None
        parts = found.groups() or (found[0],)
        return "/".join(part for part in parts if part) or None
