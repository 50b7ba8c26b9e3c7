"""What passes from stage to stage of a run: a photo that was read, and one that has its colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorize_cli.hints.apply import PhotoHints
from colorize_cli.image.canvas import Canvas
from colorize_cli.output.manifest import Source, Standing
from colorize_cli.run.plan import Job


@dataclass(frozen=True)
class ModelInput:
    """A photo that was read, and what the model is to see of it; hints: the digest of their files."""

    job: Job
    source: Source
    canvas: Canvas
    view: NDArray[np.float32]
    hinted: PhotoHints | None
    hints: str


@dataclass(frozen=True)
class ModelOutput:
    """A photo with the fields (n,2,f,f) of its variants and, if asked for, their uncertainty (f,f), in CIELAB."""

    job: Job
    source: Source
    canvas: Canvas
    fields: NDArray[np.float32]
    standings: list[Standing]
    uncertainty: NDArray[np.float32] | None
    hinted: PhotoHints | None
    hints: str
