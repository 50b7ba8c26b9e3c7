"""Categories of photos from a list beside them, to have figures by category."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from colorize_cli.errors import UsageError

from ..data.sources import Item


def read_labels(path: Path, items: Iterable[Item]) -> list[str | None]:
    """The categories of `items` from a TSV with columns name and category, None where it has none.

    A photo belongs to the row whose name its path ends with. Raises UsageError if the list cannot
    be read or names none of the photos.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))
        known = {row["name"]: row["category"] for row in rows}
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise UsageError(
            f"{path}: not a list of labels ({error!r}); it needs the columns name and category, "
            "separated by tabs."
        ) from error
    found = [_category_of(item, known) for item in items]
    if not any(found):
        raise UsageError(f"{path}: names none of the photos. Is it the list of another set?")
    return found


def _category_of(item: Item, known: dict[str, str]) -> str | None:
    parts = Path(item.name or item.container).parts
    names = ("/".join(parts[i:]) for i in range(len(parts)))
    return next((known[name] for name in names if name in known), None)
