"""The training cache: memory-mapped thumbnails and frozen features, one row a photo, filled resumably."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from colorize_cli.errors import UsageError
from colorize_cli.model.networks.backbone import FEATURE_STRIDES, feature_channels

EMPTY, DONE, BAD = 0, 1, 2  # values of `state`


@dataclass(frozen=True)
class CacheSpec:
    """What a cache holds; two caches with equal specs hold equal numbers."""

    photos: int
    listing: str  # sha256 over the photos' names, so that a cache is not continued with other photos
    backbone: str = "lite1"
    view: int = 160
    field: int = 80  # ab is kept finer than the decoder's 40, for later finishing at 80
    degraded: float = 0.3  # share of photos whose grey view is aged
    seed: int = 0
    copies: int = 1  # rows a photo has: the first is the whole photo, the others crops and flips
    held_out_every: int = 50
    # Photos to a block that is held out or not as a whole: neighbours in a folder are often of one house
    # or one sitting, and would give the answer away.
    held_out_block: int = 1

    def held_out(self, photo: NDArray[np.int64] | int) -> NDArray[np.bool_]:
        """Whether each photo is held out."""
        return np.asarray((photo // self.held_out_block) % self.held_out_every == 0)

    def rows_of(self, photo: int) -> range:
        """Rows of one photo that are filled: of a held-out photo only the first, no other is ever read."""
        first = photo * self.copies
        return range(first, first + (1 if self.held_out(photo) else self.copies))

    @property
    def rows(self) -> int:
        """Rows of the arrays; row r is of photo r // copies."""
        return self.photos * self.copies


_Layout = dict[str, tuple[tuple[int, ...], type[Any]]]


def _layout(spec: CacheSpec) -> _Layout:
    # Channels stand last, so that a batch is a channels-last tensor without a copy.
    layout: _Layout = {
        "state": ((), np.uint8),
        "grey": ((spec.view, spec.view), np.uint8),
        "ab": ((spec.field, spec.field, 2), np.int8),
    }
    for stride, channels in zip(FEATURE_STRIDES, feature_channels(spec.backbone), strict=True):
        side = spec.view // stride
        layout[f"feature{stride}"] = ((side, side, channels), np.float16)
    return layout


def _read_spec(head: Path) -> CacheSpec:
    settings = json.loads(head.read_text())
    if settings.pop("held_out_aged", "copies" not in settings):
        raise UsageError(f"{head.parent} is a cache of an older layout. Delete it and prepare it again.")
    return CacheSpec(**settings)


class Cache:
    """Arrays `state`, `grey`, `ab` (CIELAB units) and `feature8/16/32`, all with `spec.rows` rows."""

    def __init__(self, folder: Path, spec: CacheSpec, arrays: dict[str, NDArray[Any]]) -> None:
        self.folder, self.spec, self.arrays = folder, spec, arrays

    @classmethod
    def create(cls, folder: Path, spec: CacheSpec) -> Cache:
        """Open the cache of `spec` in `folder`, made empty if absent; UsageError if another lies there."""
        head = folder / "cache.json"
        if head.exists():
            cache = cls.open(folder, writable=True)
            if cache.spec != spec:
                raise UsageError(
                    f"{folder} holds a cache of other photos or settings. Name another folder or delete it."
                )
            return cache
        folder.mkdir(parents=True, exist_ok=True)
        for name, (shape, dtype) in _layout(spec).items():
            np.memmap(folder / name, dtype, "w+", shape=(spec.rows, *shape))
        head.write_text(json.dumps(asdict(spec), indent=1))
        return cls.open(folder, writable=True)

    @classmethod
    def open(cls, folder: Path, *, writable: bool = False) -> Cache:
        """Open an existing cache; UsageError if there is none."""
        head = folder / "cache.json"
        if not head.exists():
            raise UsageError(f"{folder} holds no cache. Make one with: colorize-train prepare.")
        spec = _read_spec(head)
        mode: Literal["r+", "r"] = "r+" if writable else "r"
        arrays: dict[str, NDArray[Any]] = {
            name: np.memmap(folder / name, dtype, mode, shape=(spec.rows, *shape))
            for name, (shape, dtype) in _layout(spec).items()
        }
        return cls(folder, spec, arrays)

    def rows(self, *, held_out: bool) -> NDArray[np.int64]:
        """Rows that are filled: those of held-out photos, whole and upright, or all others."""
        done = np.flatnonzero(self.arrays["state"] == DONE)
        photo, copy = np.divmod(done, self.spec.copies)
        out = self.spec.held_out(photo)
        return np.asarray(done[out & (copy == 0) if held_out else ~out], np.int64)

    def flush(self) -> None:
        """Write what was filled to disk."""
        for array in self.arrays.values():
            if isinstance(array, np.memmap):
                array.flush()
