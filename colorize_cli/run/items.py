"""What passes from stage to stage of a run: a photo that was read, and one that has its colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorize_cli.hints.apply import Hinted
from colorize_cli.image.canvas import Canvas
from colorize_cli.output.manifest import Source, Standing
from colorize_cli.run.plan import Job


@dataclass(frozen=True)
class Loaded:
    """A photo that was read, and what the model is to see of it; hints: the digest of their files."""

    job: Job
    source: Source
    canvas: Canvas
    view: NDArray[np.float32]
    hinted: Hinted | None
    hints: str


@dataclass(frozen=True)
class Coloured:
    """A photo with the fields (n,2,f,f) of its variants and, for a map, its spread (f,f), in CIELAB units."""

    job: Job
    source: Source
    canvas: Canvas
    fields: NDArray[np.float32]
    standings: list[Standing]
    spread: NDArray[np.float32] | None
    hinted: Hinted | None
    hints: str
