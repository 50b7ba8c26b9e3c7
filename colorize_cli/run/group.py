"""The looks of a run's groups, each asked for when the first photo of its group is met; without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.run.plan import Job, Plan

# Photos that a look is found in, evenly spaced over the group; they are read twice.
_SAMPLE = 16


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
        for job in plan.ahead:  # all of them, where there are groups
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
