"""What passes from stage to stage of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorize_cli.engine.task import ColourTask
from colorize_cli.output.records import Source, Standing
from colorize_cli.run.plan import Job


@dataclass(frozen=True)
class ModelInput:
    """A photo that was read; hints: the digest of their files; kept: about outputs that stay."""

    job: Job
    source: Source
    task: ColourTask
    hints: str
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelOutput:
    """A photo with the fields (n,2,f,g) of its variants and, if wanted, an uncertainty (f,g), in CIELAB."""

    photo: ModelInput
    fields: NDArray[np.float32]
    standings: list[Standing]
    uncertainty: NDArray[np.float32] | None
