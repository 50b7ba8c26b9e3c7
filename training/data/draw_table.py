"""How often each photo is drawn in training, from a table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorize_cli.errors import UsageError

from .sources import Item, named


def draw_weights(table: Path | None, items: list[Item]) -> NDArray[np.float64]:
    """A TSV with columns name and weight -> the weight of each item, 0 for one it does not name.

    A name is a file's, or the last parts of a path. Without a table all weigh alike. UsageError for a table
    that cannot be read or names none of the items.
    """
    if table is None:
        return np.ones(len(items))
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            known = {row["name"]: float(row["weight"]) for row in rows}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{table}: not a table with the columns name and weight ({error}).") from error
    weights = np.array([named(item, known) or 0.0 for item in items])
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise UsageError(f"{table}: no photo to train on has a weight above 0 there, or one is below.")
    return weights
