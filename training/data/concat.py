"""Several caches read as one, so that rare kinds of photos can be shown more often than others.

A second cache with more `--copies` of some photos gives them a larger share of every batch: of 50,200
photos 8 % were of the sources with people in streets and rooms that old albums are full of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorize_cli.errors import UsageError

from .cache import Cache


class _ConcatArray:
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


class ConcatCache(Cache):
    """Rows of the first cache, then those of the others; held-out photos are those of the first.

    A photo that is held out is left out of all others as well, whatever its name or number there.
    """

    def __init__(self, caches: Sequence[Cache]) -> None:
        first, *others = caches
        arrays: dict[str, Any] = {
            name: _ConcatArray([cache.arrays[name] for cache in caches]) for name in first.arrays
        }
        super().__init__(first.folder, first.spec, arrays)
        self.specs = tuple(cache.spec for cache in caches)
        self._held_out = first.rows(held_out=True)
        secret = set(_colours(first, self._held_out))
        shown, start = [first.rows(held_out=False)], first.spec.rows
        for cache in others:
            shown.append(start + _allowed(cache, secret))
            start += cache.spec.rows
        self._shown = np.concatenate(shown)

    def rows(self, *, held_out: bool) -> NDArray[np.int64]:
        """See `Cache.rows`."""
        return self._held_out if held_out else self._shown


def _allowed(cache: Cache, secret: set[bytes]) -> NDArray[np.int64]:
    """Rows to train on whose photo does not have the colours of one in `secret`."""
    rows, copies = cache.rows(held_out=False), cache.spec.copies
    photos = np.unique(rows // copies)
    allowed = [colours not in secret for colours in _colours(cache, photos * copies)]
    return rows[np.isin(rows // copies, photos[allowed])]


def _colours(cache: Cache, rows: NDArray[np.int64]) -> list[bytes]:
    """What tells a photo whatever its name: its colours as a whole, which no ageing changes."""
    return [hashlib.sha256(cache.arrays["ab"][row].tobytes()).digest() for row in rows]


def _kind(cache: Cache) -> tuple[str, int, int]:
    return cache.spec.backbone, cache.spec.view, cache.spec.field


def open_caches(folders: Sequence[Path]) -> Cache:
    """The cache in a folder, or those of several as one; UsageError where they do not fit together."""
    caches = [Cache.open(folder) for folder in folders]
    for folder, cache in zip(folders, caches, strict=True):
        if _kind(cache) != _kind(caches[0]):
            raise UsageError(
                f"{folder} was prepared with another backbone or view than {folders[0]}. "
                "Prepare both with the same settings."
            )
    return caches[0] if len(caches) == 1 else ConcatCache(caches)
