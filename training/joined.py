"""Several caches read as one, so that rare kinds of photos can be shown more often than others.

A second cache with more `--copies` of some photos gives them a larger share of every batch: of 50,200
photos 8 % were of the sources with people in streets and rooms that old albums are full of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorize_cli.errors import UsageError

from .cache import Cache


class _Joined:
    """Arrays one behind the other, read by row numbers; nothing is copied before it is asked for."""

    def __init__(self, parts: Sequence[NDArray[Any]]) -> None:
        self.parts = parts
        self.starts = np.cumsum([0, *(len(part) for part in parts)])

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        first = self.parts[0]
        found = np.empty((len(rows), *first.shape[1:]), first.dtype)
        for part, start in zip(self.parts, self.starts, strict=False):
            inside = (rows >= start) & (rows < start + len(part))
            found[inside] = part[rows[inside] - start]
        return found


class JoinedCache(Cache):
    """Rows of the first cache, then those of the others; held-out photos are those of the first.

    A photo that is held out is left out of all others as well, whatever its name or number there.
    """

    def __init__(self, caches: Sequence[Cache]) -> None:
        first = caches[0]
        arrays: dict[str, Any] = {
            name: _Joined([cache.arrays[name] for cache in caches]) for name in first.arrays
        }
        super().__init__(first.folder, first.spec, arrays)
        self.caches = caches
        self._starts = np.cumsum([0, *(cache.spec.rows for cache in caches)])
        self._secret = set(_colours(first, first.rows(held_out=True)))

    def rows(self, *, held_out: bool) -> NDArray[np.int64]:
        """See `Cache.rows`."""
        first, *others = self.caches
        if held_out:
            return first.rows(held_out=True)
        found = [first.rows(held_out=False)]
        for cache, start in zip(others, self._starts[1:], strict=False):
            found.append(self._allowed(cache) + start)
        return np.concatenate(found)

    def _allowed(self, cache: Cache) -> NDArray[np.int64]:
        """Rows of one of the others whose photo is not among those held out in the first."""
        rows, copies = cache.rows(held_out=False), cache.spec.copies
        photos = np.unique(rows // copies)
        shown = [colours not in self._secret for colours in _colours(cache, photos * copies)]
        return rows[np.isin(rows // copies, photos[shown])]


def _colours(cache: Cache, rows: NDArray[np.int64]) -> list[bytes]:
    """What tells a photo whatever its name: its colours as a whole, which no ageing changes."""
    return [hashlib.sha256(cache.arrays["ab"][row].tobytes()).digest() for row in rows]


def open_caches(folders: Sequence[Path]) -> Cache:
    """The cache in a folder, or those of several as one; UsageError where they do not fit together."""
    caches = [Cache.open(folder) for folder in folders]
    first = caches[0].spec
    for folder, cache in zip(folders, caches, strict=True):
        spec = cache.spec
        if replace(first, backbone=spec.backbone, view=spec.view, field=spec.field) != first:
            raise UsageError(
                f"{folder} was prepared with another backbone or view than {folders[0]}. "
                "Prepare both with the same settings."
            )
    return caches[0] if len(caches) == 1 else JoinedCache(caches)
