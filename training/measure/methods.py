"""What can be measured, anything that gives a grey photo colours: a network, a baseline or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.protocol import SampleOptions
from colorize_cli.engine.task import ColourTask, ViewSizes, variants_of
from colorize_cli.errors import UsageError
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.photo import Metadata, Photo
from colorize_cli.model.weights import WeightsInfo

from ..baselines.files import is_baseline, load_baseline

Bytes = NDArray[np.uint8]
Fields = NDArray[np.float32]


class Method(Protocol):
    """What `evaluate` measures."""

    @property
    def info(self) -> WeightsInfo:
        """Name for people, and sha256 of the file behind it."""

    def fields(self, greys: Sequence[Bytes], keys: Sequence[str], n: int, seed: int = 0) -> list[Fields]:
        """Grey photos (H,W) -> of each n fields of ab (n,2,f,g) in CIELAB units, the likeliest first.

        The same for the same key and seed, whatever other photos are beside it.
        """


@dataclass(frozen=True)
class ColorizerMethod:
    """The networks of `colorize`, which get a photo as a run gives it to them.

    diversity, detail: see `PictureSettings`; None: what the weights ask for.
    """

    colorizer: Colorizer
    diversity: float | None = None
    detail: int | None = None

    @property
    def info(self) -> WeightsInfo:
        """See `Method`."""
        return self.colorizer.info

    @property
    def sizes(self) -> ViewSizes:
        """How large the networks see photos."""
        return ViewSizes.of(self.colorizer, self.detail)

    def fields(self, greys: Sequence[Bytes], keys: Sequence[str], n: int, seed: int = 0) -> list[Fields]:
        """See `Method`."""
        tasks = [task_of(grey, self.sizes, key) for grey, key in zip(greys, keys, strict=True)]
        options = SampleOptions(n, seed, self.diversity)
        made = variants_of(tasks, [task.prompt() for task in tasks], self.colorizer, options)
        return [variants.fields[0] for variants in made]


def task_of(grey: Bytes, sizes: ViewSizes, key: str = "") -> ColourTask:
    """A grey photo (H,W) without a file, to be coloured."""
    return ColourTask(Canvas(Photo(Path(), grey, None, "", Metadata(), key, 0.0)), sizes)


class Grey:
    """No colours at all: the row beside which every error is read."""

    info = WeightsInfo("grey", "")

    def fields(self, greys: Sequence[Bytes], keys: Sequence[str], n: int, seed: int = 0) -> list[Fields]:
        """Zeros (n,2,8,8) for each photo."""
        return [np.zeros((n, 2, 8, 8), np.float32) for _ in greys]

    def own_fields(self, greys: Sequence[Bytes], rgbs: Sequence[Bytes]) -> list[Fields]:
        """Zeros (2,2,8,8) for each photo."""
        return self.fields(greys, (), 2)


def load_method(
    path: Path | None,
    device: str,
    name: str | None = None,
    diversity: float | None = None,
    detail: int | None = None,
) -> Method:
    """A weights file of `colorize`, that of a baseline, or the shipped weights; WeightsError if it is none.

    `name` is shown instead of the file's own. Baselines run on the CPU, and take neither diversity nor
    detail (UsageError).
    """
    if path is not None and is_baseline(path):
        if diversity is not None or detail is not None:
            raise UsageError(f"{path}: a baseline. --diversity and --detail are for weights of colorize.")
        baseline = load_baseline(path)
        baseline.info = renamed(baseline.info, name)
        return baseline
    colorizer = Colorizer.load(path, device)
    colorizer.info = renamed(colorizer.info, name)
    return ColorizerMethod(colorizer, diversity, detail)


def renamed(info: WeightsInfo, name: str | None) -> WeightsInfo:
    """`info` under another name, if there is one."""
    return dataclasses.replace(info, name=name or info.name)
