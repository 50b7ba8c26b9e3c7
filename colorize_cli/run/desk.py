"""What the stages of a run need around them: what is known of a photo, its group's look, where it goes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from colorize_cli.engine.protocol import Engine
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.output.records import Notes
from colorize_cli.run.commit import Delivery, commit
from colorize_cli.run.group import GroupLooks
from colorize_cli.run.look import find_look
from colorize_cli.run.plan import Job, Plan
from colorize_cli.settings import RunSettings


class Desk(Protocol):
    """Where the stages of a `Pipeline` take what they need besides photos; called by several threads."""

    def begin(self, job: Job, pool: ThreadPoolExecutor) -> None:
        """A photo is going to be read."""

    def notes(self, job: Job) -> Notes:
        """What is noted of a photo."""

    def look_of(self, job: Job) -> GroupLook | None:
        """The look of a photo's group."""

    def look_digest(self, job: Job) -> str:
        """What recipes say of it."""

    def finish(self, delivery: Delivery) -> None:
        """All pictures of a photo are written."""


class OwnDesk:
    """That of a run that does everything itself: pictures get their names as soon as they are there."""

    def __init__(self, plan: Plan, settings: RunSettings, engine: Engine) -> None:
        self._plan, self._settings, self._engine = plan, settings, engine
        self._looks = GroupLooks(plan)

    def begin(self, job: Job, pool: ThreadPoolExecutor) -> None:
        """Find the look of a photo's group if that is not known; OutputError if it cannot be kept."""
        sample = self._looks.sample(job)
        if sample and (found := find_look(sample, self._settings, self._engine, pool)):
            self._looks.keep(job, found)

    def notes(self, job: Job) -> Notes:
        """The manifest."""
        return self._plan.manifest_of(job)

    def look_of(self, job: Job) -> GroupLook | None:
        """See `GroupLooks.look_of`."""
        return self._looks.look_of(job)

    def look_digest(self, job: Job) -> str:
        """See `GroupLooks.digest_of`."""
        return self._looks.digest_of(job)

    def finish(self, delivery: Delivery) -> None:
        """Note the pictures and give them their names."""
        commit(delivery, self._plan.manifest_of(delivery.job), self._settings.if_exists)
