"""What --group does: how alike the photos of a group come out, and what that costs.

    python benchmarks/groups.py val.zip val.tsv [weights]

Rolls: four overlapping crops of every seventh photo, which stand for a roll of one scene. Sources: photos
that have no more in common than where they are from (`source` of the TSV, those of 15 to 60 photos).
"""

import csv
import sys
from pathlib import Path

import cv2
import numpy as np

from colorize_cli import Colorizer
from colorize_cli.engine.protocol import Prompt, SampleOptions
from colorize_cli.engine.task import ColourTask, ViewSizes, variants_of
from colorize_training.data.sources import list_photos
from colorize_training.measure.methods import task_of

VARIANTS, CROP, BATCH = 5, 0.75, 16
SIDE = 40  # of the fields that are compared
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
Photos = list[tuple[ColourTask, np.ndarray]]  # the photo and its true field


def prepared(bgr: np.ndarray, engine: Colorizer) -> tuple[ColourTask, np.ndarray]:
    """The photo to be coloured, and its true ab (2,SIDE,SIDE)."""
    lab = cv2.cvtColor(bgr.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    light = lab.copy()
    light[..., 1:] = 0
    grey = np.rint(cv2.cvtColor(light, cv2.COLOR_Lab2BGR)[..., 0] * 255).clip(0, 255).astype(np.uint8)
    return task_of(grey, ViewSizes.of(engine)), small(lab[..., 1:].transpose(2, 0, 1))


def small(planes: np.ndarray) -> np.ndarray:
    """(c,h,w) -> (c,SIDE,SIDE)."""
    return np.stack([cv2.resize(p, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for p in planes])


def crop(bgr: np.ndarray, down: int, across: int) -> np.ndarray:
    height, width = (int(side * CROP) for side in bgr.shape[:2])
    top, left = down * (bgr.shape[0] - height), across * (bgr.shape[1] - width)
    return bgr[top : top + height, left : left + width]


def coloured(engine: Colorizer, groups: list[Photos], *, together: bool) -> list[np.ndarray]:
    """Fields (photos,n,2,SIDE,SIDE) of each group."""
    made = []
    for number, photos in enumerate(groups):
        tasks = [task for task, _ in photos]
        chosen = np.linspace(0, len(tasks) - 1, min(16, len(tasks))).round().astype(int)
        look = engine.look(np.stack([tasks[i].view for i in chosen])) if together else None
        keys = [f"group:{number}" if together else f"{number}/{i}" for i in range(len(tasks))]
        prompts = [Prompt(key, look=look) for key in keys]
        found = variants_of(tasks, prompts, engine, SampleOptions(VARIANTS))
        made.append(np.stack([[small(field) for field in variants.fields[0]] for variants in found]))
    return made


def report(name: str, made: list[np.ndarray], truths: list[np.ndarray]) -> None:
    errors = np.concatenate(
        [np.abs(m - t[:, None]).mean((2, 3, 4)) for m, t in zip(made, truths, strict=True)]
    )
    grey = np.concatenate([np.abs(t).mean((1, 2, 3)) for t in truths]).mean()
    within = np.mean([m.mean((3, 4)).var(0).sum(-1).mean() for m in made])
    figures = (within, errors.min(1).mean() / grey, errors[:, 0].mean() / grey, errors.mean() / grey)
    print(f"{name:30} variance {figures[0]:6.1f}  eob@5 {figures[1]:.3f}  top-1 {figures[2]:.3f}  "
          f"mean {figures[3]:.3f}")  # fmt: skip


def measure(name: str, engine: Colorizer, groups: list[Photos]) -> None:
    truths = [np.stack([truth for _, truth in photos]) for photos in groups]
    true = np.mean([t.mean((2, 3)).var(0).sum() for t in truths])
    print(f"{name}: {sum(map(len, groups))} photos in {len(groups)} groups; variance in truth {true:.1f}")
    report("  each by itself", coloured(engine, groups, together=False), truths)
    report("  --group", coloured(engine, groups, together=True), truths)


def main(photos: str, table: str, weights: str | None = None) -> None:
    engine = Colorizer.load(weights, "cpu")
    items = list_photos([Path(photos)])
    read = [cv2.imdecode(np.frombuffer(item.read(), np.uint8), cv2.IMREAD_COLOR) for item in items]
    rolls = [[prepared(crop(bgr, *corner), engine) for corner in CORNERS] for bgr in read[::7]]
    measure("rolls", engine, rolls)
    with Path(table).open(encoding="utf-8") as file:
        source = {row["name"]: row["source"] for row in csv.DictReader(file, delimiter="\t")}
    by_source: dict[str, list[np.ndarray]] = {}
    for item, bgr in zip(items, read, strict=True):
        by_source.setdefault(source[item.name], []).append(bgr)
    alike = [photos for photos in by_source.values() if 15 <= len(photos) <= 60]
    measure("sources", engine, [[prepared(bgr, engine) for bgr in photos] for photos in alike])


if __name__ == "__main__":
    main(*sys.argv[1:])
