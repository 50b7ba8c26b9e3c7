"""Whether the uncertainty that --uncertainty draws foretells errors.

python benchmarks/uncertainty.py val.zip [weights]
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from groups import BATCH, prepared, small

from colorize_cli import Colorizer
from colorize_cli.engine.protocol import Prompt, SampleOptions
from colorize_cli.engine.task import variants_of
from colorize_training.data.sources import list_photos


def rank(values: np.ndarray) -> np.ndarray:
    return values.argsort().argsort().astype(float)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's, ties aside."""
    return float(np.corrcoef(rank(one.ravel()), rank(other.ravel()))[0, 1])


def measured(engine: Colorizer, items: list) -> tuple[np.ndarray, np.ndarray]:
    """(P,SIDE,SIDE) the uncertainty, and how far variant 1 is from the truth."""
    spreads, errors = [], []
    for start in range(0, len(items), BATCH):
        data = [np.frombuffer(item.read(), np.uint8) for item in items[start : start + BATCH]]
        photos = [prepared(cv2.imdecode(photo, cv2.IMREAD_COLOR), engine) for photo in data]
        prompts = [Prompt(str(i)) for i in range(len(photos))]
        tasks, truths = zip(*photos, strict=True)
        made = variants_of(tasks, prompts, engine, SampleOptions(1, uncertainty=True))
        for variants, truth in zip(made, truths, strict=True):
            spreads.append(small(variants.uncertainty)[0])
            errors.append(np.sqrt(((small(variants.fields[0, 0]) - truth) ** 2).sum(0)))
    return np.stack(spreads), np.stack(errors)


def main(photos: str, weights: str | None = None) -> None:
    uncertainty, error = measured(Colorizer.load(weights, "cpu"), list_photos([Path(photos)]))
    by_photo, errors = uncertainty.mean((1, 2)), error.mean((1, 2))
    order, tenth = by_photo.argsort(), len(by_photo) // 10
    inside = [correlation(s[::2, ::2], e[::2, ::2]) for s, e in zip(uncertainty, error, strict=True)]
    over_photos = correlation(by_photo, errors)
    print(f"{len(by_photo)} photos; rank correlation of uncertainty and error of variant 1: "
          f"{over_photos:.2f} over photos, {np.mean(inside):.2f} over pixels of a photo")  # fmt: skip
    print(f"mean error, ΔE: {errors[order[-tenth:]].mean():.1f} of the tenth that is least sure, "
          f"{errors.mean():.1f} of all, {errors[order[:tenth]].mean():.1f} of the surest tenth")  # fmt: skip
    quantiles = np.quantile(by_photo, [0.1, 0.5, 0.9])
    print("uncertainty of a photo, ΔE: " + ", ".join(f"{q:.1f}" for q in quantiles) + " (10, 50, 90 %); "
          f"of a pixel {uncertainty.max():.1f} at most")  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
