"""Which of the photos that were found are a shard's, by names that every machine comes to by itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from colorize_cli.inputs.grouping import group_of
from colorize_cli.inputs.walk import InputFile

_BEGINNING = re.compile(r"[^.~]*")


def share_name(folder: str, path: str, group: str | None) -> str:
    """What decides on the shard of a photo whose pictures go to `folder` below the output folder.

    A group stays whole, for its look is found in all of its photos; so do the pages of a file.
    """
    place = folder.replace(os.sep, "/")
    return f"photo {place}/{os.path.basename(path)}" if group is None else f"group {group}"  # noqa: PTH119


def with_neighbours(
    photos: list[InputFile], rule: str | None, holds: Callable[[str], bool]
) -> list[InputFile]:
    """The photos of a shard, and those of others that could have a part in how they are called.

    Names of pictures are those of a run of everything: `a.jpg` beside `a.png`, or `a.page-2.jpg` beside the
    pages of `a.tif`. Of all others the pages need not even be counted.
    """
    near = {_beginning(photo) for photo in photos if holds(_share(photo, rule))}
    return [photo for photo in photos if _beginning(photo) in near]


def _share(photo: InputFile, rule: str | None) -> str:
    target = os.path.join(photo.place, "any")  # noqa: PTH118
    return share_name(photo.place, photo.path, group_of(rule, photo.path, target))


def _beginning(photo: InputFile) -> tuple[str, str]:
    """What photos have in common that could want one name: all that is put behind begins with a dot or ~."""
    name = os.path.basename(photo.path)  # noqa: PTH119
    found = _BEGINNING.match(name)
    return photo.place.casefold(), (found[0] if found else "").casefold()
