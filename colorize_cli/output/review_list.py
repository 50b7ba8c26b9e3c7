"""The photos of an output folder by how unsure their colours are, for people who cannot look at all."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from colorize_cli.common.atomic import replace_file
from colorize_cli.common.ours import is_ours, require_ours
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Entry
from colorize_cli.settings import UNCERTAINTY

NAME = "worth-a-look.csv"


@dataclass(frozen=True)
class ReviewItem:
    """A line of the list; paths are relative to the output folder, and the first variant and the map are
    empty where there is none.

    uncertainty: mean over the pixels of the standard deviation of colour, in CIELAB units. pale_skin: small
    spots that may be faces and are pale; None (empty) of pictures that older versions made.
    """

    uncertainty: float
    source: str
    page: int | None
    first_variant: str
    map: str
    pale_skin: int | None = None


_HEADER = [field.name for field in fields(ReviewItem)]
_OURS = re.compile(rb"\A" + ",".join(_HEADER[:5]).encode())  # older lists have no more


def has_review_list(root: str) -> bool:
    """Whether an output folder has a list that we have written."""
    return is_ours(Path(root) / NAME, _OURS)


def require_place(root: str) -> None:
    """OutputError if the place of the list is taken by something else."""
    require_ours(Path(root) / NAME, _OURS, "list")


def write_review_list(root: str) -> tuple[Path, list[ReviewItem]]:
    """Write the list of all photos with a map into the output folder; returns it, the least sure first.

    OutputError if it cannot be written, or if the file there is not ours.
    """
    require_place(root)
    manifest = Manifest(root)
    found = [line for entry in manifest.entries() if (line := _line(entry)) is not None]
    found.sort(key=lambda line: (-line.uncertainty, line.source, line.page or 0))
    manifest.close()
    path, text = Path(root) / NAME, io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADER)
    writer.writerows(map(astuple, found))
    # Names are bytes; those that are no text come through as they are.
    replace_file(path, text.getvalue().encode("utf-8", "surrogateescape"))
    return path, found


def _line(entry: Entry) -> ReviewItem | None:
    first, drawn = entry.pictures.get(1), entry.pictures.get(UNCERTAINTY)
    if drawn is None or drawn.uncertainty is None:
        return None
    shown, mapped = ((entry.path(picture) if picture else None) or "" for picture in (first, drawn))
    source, page = entry.source.path, entry.source.page
    return ReviewItem(drawn.uncertainty, source, page, shown, mapped, entry.pale_skin)
