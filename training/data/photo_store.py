"""Colour photos decoded once into one file, for stages that crop them anew at every step."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import cv2
import joblib
import numpy as np
from numpy.typing import NDArray

from colorize_cli.errors import UsageError

from .photo import decode_rgb, is_single_toned
from .prepare import Progress, listing_digest
from .sources import Item

_CHUNK = 64  # photos decoded together
_EMPTY, _LEFT_OUT = -1, -2  # in the place of a photo's start

Rgb = NDArray[np.uint8]


@dataclass(frozen=True)
class StoreSpec:
    """What a store holds; two with equal specs hold equal pixels."""

    photos: int
    listing: str  # sha256 over the photos' names
    side: int = 256  # the shorter side at most; larger photos are made smaller
    held_out_every: int = 50
    held_out_block: int = 1  # see `CacheSpec`

    def held_out(self, photo: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each photo is held out."""
        return np.asarray((photo // self.held_out_block) % self.held_out_every == 0)


class PhotoStore:
    """RGB photos by number, (H,W,3) uint8, read from a memory map."""

    def __init__(self, folder: Path, spec: StoreSpec, mode: Literal["r", "r+"] = "r") -> None:
        self.folder, self.spec = folder, spec
        self._index = np.memmap(folder / "index", np.int64, mode, shape=(spec.photos, 3))
        self._pixels: NDArray[np.uint8] | None = None

    @classmethod
    def open(cls, folder: Path) -> PhotoStore:
        """An existing store; UsageError if there is none."""
        try:
            return cls(folder, StoreSpec(**json.loads((folder / "store.json").read_text())))
        except (OSError, TypeError, ValueError) as error:
            raise UsageError(f"{folder} holds no photo store ({error}).") from error

    def __getitem__(self, photo: int) -> Rgb:
        """A photo that `rows` names."""
        if self._pixels is None:
            self._pixels = np.memmap(self.folder / "pixels", np.uint8, "r")
        start, height, width = (int(number) for number in self._index[photo])
        return np.asarray(self._pixels[start : start + height * width * 3]).reshape(height, width, 3)

    def rows(self, *, held_out: bool) -> NDArray[np.int64]:
        """Numbers of the photos that are there and are held out, or of all others that are."""
        there = np.flatnonzero(self._index[:, 0] >= 0)
        return np.asarray(there[self.spec.held_out(there) == held_out], np.int64)

    def left_out(self) -> NDArray[np.int64]:
        """Numbers of the photos that cannot be read or have no colours to learn from."""
        return np.flatnonzero(self._index[:, 0] == _LEFT_OUT).astype(np.int64)

    @property
    def filled(self) -> int:
        """How many photos have been looked at; they are in order."""
        return int((self._index[:, 0] != _EMPTY).sum())

    def append(self, photos: list[Rgb | None]) -> None:
        """Add the next photos, None for one that is left out; what a kill leaves half done is done again."""
        at = int((self._index[:, 0] + self._index[:, 1] * self._index[:, 2] * 3).max(initial=0))
        entries = []
        with (self.folder / "pixels").open("r+b") as file:
            file.seek(at)
            for rgb in photos:
                entries.append((_LEFT_OUT, 0, 0) if rgb is None else (file.tell(), *rgb.shape[:2]))
                file.write(b"" if rgb is None else rgb.tobytes())
        first = self.filled
        self._index[first : first + len(entries)] = entries
        self._index.flush()


def fill_store(items: list[Item], folder: Path, spec: StoreSpec, progress: Progress) -> PhotoStore:
    """The store of these photos in `folder`, filled where it is still empty.

    UsageError if a store of other photos or settings lies there.
    """
    store = _opened(folder, spec)
    progress(store.filled)
    with joblib.Parallel(n_jobs=joblib.cpu_count(), backend="threading") as parallel:
        for first in range(store.filled, spec.photos, _CHUNK):
            part = items[first : first + _CHUNK]
            store.append(list(parallel(joblib.delayed(_pixels)(item, spec.side) for item in part)))
            progress(len(part))
    return PhotoStore(folder, spec)


def store_spec(items: list[Item], *, side: int = 256, every: int = 50, block: int = 1) -> StoreSpec:
    """What the store of these photos holds."""
    return StoreSpec(len(items), listing_digest(items), side, every, block)


def _opened(folder: Path, spec: StoreSpec) -> PhotoStore:
    head = folder / "store.json"
    if not head.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pixels").touch()
        index = np.memmap(folder / "index", np.int64, "w+", shape=(spec.photos, 3))
        index[:] = (_EMPTY, 0, 0)
        index.flush()
        head.write_text(json.dumps(asdict(spec), indent=1))
    if PhotoStore.open(folder).spec != spec:
        raise UsageError(f"{folder} holds other photos or settings. Name another folder or delete it.")
    return PhotoStore(folder, spec, "r+")


def _pixels(item: Item, side: int) -> Rgb | None:
    try:
        rgb = decode_rgb(item.read())
    except (OSError, ValueError):
        return None
    if is_single_toned(rgb):
        return None
    scale = side / min(rgb.shape[:2])
    if scale < 1:
        size = tuple(max(1, round(edge * scale)) for edge in rgb.shape[1::-1])
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(rgb)
