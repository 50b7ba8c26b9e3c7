"""Planning a run: which pictures are still to be made, and where; nothing is decoded or written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from colorize_cli.hints.hint_file import hints_digest
from colorize_cli.image.formats import Format
from colorize_cli.inputs.grouping import group_of
from colorize_cli.inputs.naming import InputPhoto, name_photos
from colorize_cli.inputs.walk import Selection, select
from colorize_cli.output.group_looks import LookStore
from colorize_cli.output.manifest import Manifest
from colorize_cli.run.existing import Existing, Fate
from colorize_cli.settings import IfColor, OutputKind, RunSettings


@dataclass(frozen=True, slots=True)
class Output:
    """One file to write."""

    path: Path
    kind: OutputKind


@dataclass(frozen=True, slots=True)
class Job:
    """One photo with the outputs that are still to be made of it.

    `if_changed`: outputs that need nothing if the photo still has the digest `made_of`, which is to be
    looked at: its size or time has changed, or the settings do not trust them. Their pictures are there,
    or the photo was `left_out`. `noted`: size and time are those that the manifest has.
    """

    photo: InputPhoto
    kinds: tuple[OutputKind, ...]
    if_changed: tuple[OutputKind, ...] = ()
    made_of: str = ""
    left_out: str | None = None
    noted: bool = False
    renamed: tuple[tuple[OutputKind, str], ...] = ()  # outputs with a name other than their usual one
    group: str | None = None  # whose look the photo is given

    @property
    def source(self) -> Path:
        """The photo's file."""
        return Path(self.photo.path)

    @property
    def format(self) -> Format:
        """Of all variants."""
        return self.photo.format

    @property
    def folder(self) -> Path:
        """Of all outputs."""
        return Path(self.photo.root, self.photo.target).parent

    @property
    def outputs(self) -> list[Output]:
        """The files to write, `if_changed` among them, in the order of `RunSettings.outputs`."""
        names, wanted = dict(self.renamed), {*self.kinds, *self.if_changed}
        ordered = sorted(wanted, key=lambda kind: kind if isinstance(kind, int) else 0)
        return [Output(self.folder / names.get(kind, self.photo.name(kind)), kind) for kind in ordered]


@dataclass
class Plan:
    """The jobs of a run in order, what needs none, and the manifests and looks of the output folders."""

    jobs: list[Job] = field(default_factory=list)
    already_done: int = 0
    already_left_out: int = 0
    manifests: dict[str, Manifest] = field(default_factory=dict)
    look_stores: dict[str, LookStore] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)

    def manifest_of(self, job: Job) -> Manifest:
        """The manifest that a job's pictures are noted in."""
        return self.manifests[job.photo.root]

    def close(self) -> None:
        """Put what was noted on the disk."""
        for manifest in self.manifests.values():
            manifest.close()


def make_plan(settings: RunSettings, weights_sha256: str) -> Plan:
    """Every photo of the settings with the outputs that it still needs, in a stable order.

    A folder's outputs go to `<folder>-colorized` with its tree, a single file's beside it, both
    under `settings.output` if that is given. Raises NoInputError if there is no photo, OutputError
    if a file is in the place of an output and `if_exists` is "error", or if the pictures there are those
    of another photo and `if_exists` does not say what to do.
    """
    plan = Plan(selection=select(settings))
    recipe_of = cache(settings.digest)  # a hundred thousand photos have few recipes
    for photo in name_photos(plan.selection.photos, settings.format, settings.pages):
        if settings.ready is not None and photo.path not in settings.ready:
            continue  # it has a name already, so that others get theirs
        if photo.root not in plan.manifests:
            plan.manifests[photo.root] = Manifest(photo.root)
            plan.look_stores[photo.root] = LookStore(photo.root, weights_sha256)
        group = group_of(settings.group, photo.path, photo.target)
        hints = hints_digest([Path(path) for path in photo.hints]) if photo.hints else ""
        recipe = recipe_of(photo.format, hints, plan.look_stores[photo.root].digest(group))
        entry = plan.manifests[photo.root].entry(photo.target)
        existing = Existing(entry, recipe, weights_sha256, settings.trust_mtime)
        existing = existing.of(photo, settings.if_exists)
        job = _job(photo, group, existing, settings)
        if job is not None:
            plan.jobs.append(job)
        elif existing.entry is not None and existing.entry.left_out is not None:
            plan.already_left_out += 1
        else:
            plan.already_done += 1
    plan.selection.photos = []
    return plan


def _job(photo: InputPhoto, group: str | None, existing: Existing, settings: RunSettings) -> Job | None:
    """What is left to do for a photo; None for nothing."""
    entry, trusted = existing.entry, existing.trusts(photo.path)
    if entry is not None and entry.pick is not None:
        return None  # a person has chosen: new pictures are made only after `colorize pick --undo`
    left_out = entry.left_out if entry and settings.if_color is IfColor.SKIP else None
    if left_out and trusted:
        return None
    folder = os.path.dirname(os.path.join(photo.root, photo.target))  # noqa: PTH118, PTH120
    kinds: list[OutputKind] = []
    if_changed: list[OutputKind] = []
    renamed: list[tuple[OutputKind, str]] = []
    for kind in settings.outputs:
        usual = photo.name(kind)
        fate, name = existing.fate(folder, usual, kind, settings.if_exists)
        if fate is Fate.KEEP or (fate is Fate.CHECK and trusted):
            continue
        (if_changed if fate is Fate.CHECK or left_out else kinds).append(kind)
        if name != usual:
            renamed.append((kind, name))
    if not kinds and not if_changed:
        return None
    made_of = entry.source.sha256 if entry and if_changed else ""
    noted = bool(if_changed) and existing.saw(photo.path)
    return Job(photo, tuple(kinds), tuple(if_changed), made_of, left_out, noted, tuple(renamed), group)
