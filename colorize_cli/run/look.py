"""Finding what the photos of a group share: some of them are read, small, and shown to the network."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from colorize_cli.engine.protocol import Engine
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.already_colour import is_colour
from colorize_cli.run.bounded_map import guarded
from colorize_cli.run.group import FoundLook
from colorize_cli.run.plan import Job
from colorize_cli.run.read import read_page
from colorize_cli.settings import IfColor, RunSettings

View = NDArray[np.float32]


def find_look(
    sample: list[Job], settings: RunSettings, engine: Engine, pool: ThreadPoolExecutor
) -> FoundLook | None:
    """The look of a group in these photos of it; None if none of them can be read."""
    read = guarded(lambda job: _view(job, settings, engine.view_size), lambda job: job)
    views = [view for view in pool.map(read, sample) if isinstance(view, np.ndarray)]
    return FoundLook(engine.look(np.stack(views)), len(views)) if views else None


def _view(job: Job, settings: RunSettings, size: int) -> View | None:
    """What the model sees of a photo, None of one that will be left out."""
    photo = read_page(job.photo, settings)
    if settings.if_color is IfColor.SKIP and is_colour(photo):
        return None
    return Canvas(photo).view(size)
