"""`prepare`: photos -> cache of grey views, Lab thumbnails and frozen backbone features."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import numpy as np
import torch
from numpy.typing import NDArray

from colorize_cli.image.colour.view import view
from colorize_cli.model.networks.backbone import FEATURE_STRIDES, GreyEncoder

from ..options import PrepareOptions
from . import statistics
from .augmentation import crop_and_flip, degrade
from .cache import BAD, DONE, EMPTY, Cache, CacheSpec
from .imagenet import imagenet_encoder
from .photo import ab_of, decode_rgb, grey_of, is_single_toned
from .sources import Item

_CHUNK = 64  # photos decoded together; the cache is flushed every 32 chunks


Progress = Callable[[int], None]  # told how many photos more are done


_Thumbnail = tuple[NDArray[np.uint8], NDArray[np.int8]]


def _thumbnail(rgb: NDArray[np.uint8], row: int, spec: CacheSpec) -> _Thumbnail:
    """Grey view and ab of one row: copy 0 is the whole photo, the others are parts of it."""
    # The row's own generator: the same photo is aged the same way, whichever run prepares it.
    rng = np.random.default_rng((spec.seed, row))
    aged = rng.random() < spec.degraded and not spec.held_out(row // spec.copies)
    if row % spec.copies:
        rgb = crop_and_flip(rgb, rng)
    grey = degrade(rgb, rng) if aged else grey_of(rgb)
    small = np.rint(view(grey, spec.view) * 255.0).astype(np.uint8)
    return small, np.clip(np.rint(ab_of(rgb, spec.field)), -127, 127).astype(np.int8)


def _thumbnails(item: Item, photo: int, spec: CacheSpec) -> list[_Thumbnail] | str:
    """The rows of a photo, or why there are none."""
    try:
        rgb = decode_rgb(item.read())
    except (OSError, ValueError) as error:
        return f"cannot be read ({error})"
    if is_single_toned(rgb):
        return "has no colours to learn from"
    return [_thumbnail(rgb, row, spec) for row in spec.rows_of(photo)]


def listing_digest(items: list[Item]) -> str:
    """sha256 over the photos' names within their containers, in order."""
    names = "\n".join(f"{item.container.name}\t{item.name}" for item in items)
    return hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()


def spec_of(items: list[Item], options: PrepareOptions) -> CacheSpec:
    """What the cache of these photos holds; colours are kept twice as fine as the decoder's."""
    return CacheSpec(
        photos=len(items),
        listing=listing_digest(items),
        backbone=options.backbone,
        view=options.view,
        field=options.view // 2,
        degraded=options.degraded,
        seed=options.seed,
        copies=options.copies,
        held_out_every=options.hold_out_every,
        held_out_block=options.hold_out_block,
    )


@torch.inference_mode()
def _store_features(cache: Cache, encoder: GreyEncoder, rows: list[int], batch: int = 16) -> None:
    # Batches of 16 are the fastest on two cores (anchors: small batches, channels-last).
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        grey = torch.from_numpy(cache.arrays["grey"][part]).float().div(255.0)[:, None]
        features = encoder(grey.contiguous(memory_format=torch.channels_last))
        for stride, feature in zip(FEATURE_STRIDES, features, strict=True):
            cache.arrays[f"feature{stride}"][part] = feature.permute(0, 2, 3, 1).half().numpy()


def _chunks(rows: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]


def _store(cache: Cache, photo: int, found: list[_Thumbnail] | str) -> list[int]:
    """Put a photo's rows into the cache and return them; none for a photo that is left out."""
    rows = list(cache.spec.rows_of(photo))
    if isinstance(found, str):
        cache.arrays["state"][rows] = BAD
        return []
    for row, (grey, ab) in zip(rows, found, strict=True):
        cache.arrays["grey"][row], cache.arrays["ab"][row] = grey, ab
    return rows


def prepare(items: list[Item], folder: Path, spec: CacheSpec, progress: Progress) -> list[Item]:
    """Fill the cache in `folder` where it is still empty; returns the photos that are left out.

    Those are listed with the reason in `bad.tsv`, too.
    """
    cache = Cache.create(folder, spec)
    spec = cache.spec
    encoder = imagenet_encoder(spec.backbone)
    state = cache.arrays["state"][:: spec.copies]
    todo = [int(photo) for photo in np.flatnonzero(state == EMPTY)]
    progress(spec.photos - len(todo))
    if todo:
        # Statistics of a cache that was half full when a training first asked for them.
        (folder / statistics.FILE).unlink(missing_ok=True)
    with joblib.Parallel(n_jobs=joblib.cpu_count(), backend="threading") as parallel:
        for count, photos in enumerate(_chunks(todo)):
            found = parallel(joblib.delayed(_thumbnails)(items[p], p, spec) for p in photos)
            _list_bad(folder, [items[p] for p in photos], found)
            rows = [row for p, f in zip(photos, found, strict=True) for row in _store(cache, p, f)]
            _store_features(cache, encoder, rows)
            cache.arrays["state"][rows] = DONE
            progress(len(photos))
            if count % 32 == 31:
                cache.flush()
    cache.flush()
    return [items[int(photo)] for photo in np.flatnonzero(state == BAD)]


def _list_bad(folder: Path, items: list[Item], found: list[list[_Thumbnail] | str]) -> None:
    bad = [(item.label, why) for item, why in zip(items, found, strict=True) if isinstance(why, str)]
    with (folder / "bad.tsv").open("a", encoding="utf-8", errors="surrogateescape") as file:
        file.writelines(f"{label}\t{why}\n" for label, why in bad)
