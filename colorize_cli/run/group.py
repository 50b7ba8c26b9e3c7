"""The looks of a run's groups, each found when the first photo of its group is met."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorize_cli.engine.protocol import Engine
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.already_colour import is_colour
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.run.bounded_map import guarded
from colorize_cli.run.plan import Job, Plan
from colorize_cli.run.read import read_page
from colorize_cli.settings import IfColor, RunSettings

# Photos that a look is found in, evenly spaced over the group; they are read twice.
_SAMPLE = 16

View = NDArray[np.float32]


@dataclass(frozen=True)
class FoundLook:
    """The look of a group, and in how many photos it was found."""

    look: GroupLook
    photos: int


class GroupLooks:
    """Which look each photo of a plan is given; without groups none."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._members: dict[tuple[str, str], list[Job]] = {}
        for job in plan.jobs:
            if job.group is not None:
                self._members.setdefault((job.photo.root, job.group), []).append(job)

    def look_of(self, job: Job) -> GroupLook | None:
        """The look of a photo's group; None if it has none, or if no photo of it could be read."""
        return None if job.group is None else self._plan.look_stores[job.photo.root].get(job.group)

    def digest_of(self, job: Job) -> str:
        """What recipes say of it, "" for no group."""
        return self._plan.look_stores[job.photo.root].digest(job.group)

    def sample(self, job: Job) -> list[Job]:
        """Photos to find the look of a photo's group in: none if it is known, or was looked for."""
        if job.group is None:
            return []
        members = self._members.pop((job.photo.root, job.group), None)
        if members is None or self.look_of(job) is not None:
            return []
        places = np.linspace(0, len(members) - 1, min(_SAMPLE, len(members))).round().astype(int)
        return [members[i] for i in places]

    def keep(self, job: Job, found: FoundLook) -> None:
        """Note the look of a photo's group; OutputError if it cannot be."""
        if job.group is not None:
            self._plan.look_stores[job.photo.root].add(job.group, found.look, found.photos)


def find_look(
    sample: list[Job], settings: RunSettings, engine: Engine, pool: ThreadPoolExecutor
) -> FoundLook | None:
    """The look of a group in these photos of it; None if none of them can be read."""
    read = guarded(lambda job: _view(job, settings, engine.view_size), lambda job: job)
    views = [view for view in pool.map(read, sample) if isinstance(view, np.ndarray)]
    return FoundLook(engine.look(np.stack(views)), len(views)) if views else None


def _view(job: Job, settings: RunSettings, size: int) -> View | None:
    """What the model sees of a photo, None of one that will be left out."""
    photo = read_page(job, settings)
    if settings.if_color is IfColor.SKIP and is_colour(photo):
        return None
    return Canvas(photo).view(size)
