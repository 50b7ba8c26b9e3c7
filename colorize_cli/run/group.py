"""The looks of a run's groups, each found when the first photo of its group is met."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

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


class GroupLooks:
    """Which look each photo of a plan is given; without groups none."""

    def __init__(self, plan: Plan, settings: RunSettings, engine: Engine) -> None:
        self._plan, self._settings, self._engine = plan, settings, engine
        self._members: dict[tuple[str, str], list[Job]] = {}
        for job in plan.ahead:  # all of them, where there are groups
            if job.group is not None:
                self._members.setdefault((job.photo.root, job.group), []).append(job)

    def look_of(self, job: Job) -> GroupLook | None:
        """The look of a photo's group; None if it has none, or if no photo of it could be read."""
        return None if job.group is None else self._plan.look_stores[job.photo.root].get(job.group)

    def digest_of(self, job: Job) -> str:
        """What recipes say of it, "" for no group."""
        return self._plan.look_stores[job.photo.root].digest(job.group)

    def meet(self, job: Job, pool: ThreadPoolExecutor) -> None:
        """Find the look of a photo's group if that is not known; OutputError if it cannot be kept."""
        if job.group is None:
            return
        members = self._members.pop((job.photo.root, job.group), None)
        store = self._plan.look_stores[job.photo.root]
        if members is None or store.get(job.group) is not None:
            return
        places = np.linspace(0, len(members) - 1, min(_SAMPLE, len(members))).round().astype(int)
        read = guarded(self._view, lambda member: member)
        found = pool.map(read, [members[i] for i in places])
        views = [view for view in found if isinstance(view, np.ndarray)]
        if views:
            store.add(job.group, self._engine.look(np.stack(views)), len(views))

    def _view(self, job: Job) -> View | None:
        """What the model sees of a photo, None of one that will be left out."""
        photo = read_page(job.photo, self._settings)
        if self._settings.if_color is IfColor.SKIP and is_colour(photo):
            return None
        return Canvas(photo).view(self._engine.view_size)
