"""Planning a run: which pictures are still to be made, and where; nothing is decoded or written."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from colorize_cli.hints.hint_file import hints_digest
from colorize_cli.image.formats import Format
from colorize_cli.inputs.grouping import group_of
from colorize_cli.inputs.naming import InputPhoto, name_photos
from colorize_cli.inputs.output_names import digits_in
from colorize_cli.inputs.shares import share_name, with_neighbours
from colorize_cli.inputs.walk import Selection, select_in_parts
from colorize_cli.output.group_looks import LookStore
from colorize_cli.output.manifest import Manifest
from colorize_cli.run.existing import Existing, Fate
from colorize_cli.run.known_names import ManifestNames
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
    """The jobs of a run in order, what needs none, and the manifests and looks of the output folders.

    Of large archives only the jobs `ahead` are known when the work begins, and unless it is `complete`, the
    `rest` is planned, and everything else counted, as the work goes on.
    segment: of the manifests, as of `Shard.segment`; foreign: files in the places of pictures that no run has
    made and that stay; in_the_way: photos without a job that lack pictures because of them.
    """

    ahead: list[Job] = field(default_factory=list)
    rest: Iterator[Job] = field(default_factory=lambda: iter(()))
    complete: bool = True
    already_done: int = 0
    already_left_out: int = 0
    foreign: list[str] = field(default_factory=list)
    in_the_way: int = 0
    manifests: dict[str, Manifest] = field(default_factory=dict)
    look_stores: dict[str, LookStore] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    segment: str = ""

    @property
    def jobs(self) -> list[Job]:
        """All jobs, planned to the end."""
        self.ahead += self.rest
        self.complete = True
        return self.ahead

    def stream(self) -> Iterator[Job]:
        """All jobs, without those in memory that are not known ahead; once."""
        yield from self.ahead
        yield from self.rest

    def manifest_of(self, job: Job) -> Manifest:
        """The manifest that a job's pictures are noted in."""
        return self.manifests[job.photo.root]

    def manifest_in(self, root: str) -> Manifest:
        """The manifest of an output folder."""
        if root not in self.manifests:
            self.manifests[root] = Manifest(root, self.segment)
        return self.manifests[root]

    def close(self) -> None:
        """Put what was noted on the disk."""
        for manifest in self.manifests.values():
            manifest.save_index()
            manifest.close()


def make_plan(settings: RunSettings, weights_sha256: str, ahead: int | None = None) -> Plan:
    """Every photo of the settings with the outputs that it still needs, in a stable order.

    A folder's outputs go to `<folder>-colorized` with its tree, a single file's beside it; with
    `settings.output` they have the places there that photos have below their `common_base`. A photo that
    has pictures there keeps their name, whatever way leads to it. Raises NoInputError if there is no photo,
    OutputError if a file is in the place of an output and `if_exists` is "error", or if the pictures there
    are those of another photo and `if_exists` does not say what to do.

    ahead: so many jobs are planned before this returns; what is wrong with later ones the stream raises.
    """
    plan = Plan(segment=settings.segment)
    plan.rest = _jobs(plan, settings, weights_sha256)
    plan.ahead = list(itertools.islice(plan.rest, ahead))
    plan.complete = ahead is None or len(plan.ahead) < ahead
    return plan


def _photos(settings: RunSettings, selection: Selection, known: ManifestNames) -> Iterator[InputPhoto]:
    for part in select_in_parts(settings, selection):
        if settings.shard is not None:
            part = with_neighbours(part, settings.group, settings.shard.holds)
        yield from name_photos(part, settings.format, settings.pages, known)


def _jobs(plan: Plan, settings: RunSettings, weights_sha256: str) -> Iterator[Job]:
    recipe_of = cache(settings.digest)  # a hundred thousand photos have few recipes
    known = ManifestNames(plan.manifest_in)
    for photo in _photos(settings, plan.selection, known):
        if settings.ready is not None and photo.path not in settings.ready:
            continue  # it has a name already, so that others get theirs
        if photo.root not in plan.look_stores:
            plan.look_stores[photo.root] = LookStore(photo.root, weights_sha256, settings.segment)
        group = group_of(settings.group, photo.path, photo.target)
        folder = os.path.dirname(photo.target)  # noqa: PTH120
        if settings.shard and not settings.shard.holds(share_name(folder, photo.path, group)):
            continue
        hints = hints_digest([Path(path) for path in photo.hints]) if photo.hints else ""
        recipe = recipe_of(photo.format, hints, plan.look_stores[photo.root].digest(group))
        entry = plan.manifest_in(photo.root).entry(photo.target)
        names = [picture.name for picture in entry.pictures.values()] if entry else []
        photo = replace(photo, digits=digits_in(names, settings.variants))
        existing = Existing(entry, recipe, weights_sha256, settings.trust_mtime)
        existing = existing.of(photo, settings.if_exists)
        before = len(plan.foreign)
        job = _job(photo, group, existing, settings, plan.foreign)
        if job is not None:
            yield job
        elif existing.entry is not None and existing.entry.left_out is not None:
            plan.already_left_out += 1
        elif len(plan.foreign) > before:
            plan.in_the_way += 1
        else:
            plan.already_done += 1


def _job(
    photo: InputPhoto, group: str | None, existing: Existing, settings: RunSettings, foreign: list[str]
) -> Job | None:
    """What is left to do for a photo; None for nothing. Files of others in its places go to `foreign`."""
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
        if fate is Fate.FOREIGN:
            foreign.append(os.path.join(folder, usual))  # noqa: PTH118
        if fate in (Fate.KEEP, Fate.FOREIGN) or (fate is Fate.CHECK and trusted):
            continue
        (if_changed if fate is Fate.CHECK or left_out else kinds).append(kind)
        if name != usual:
            renamed.append((kind, name))
    if not kinds and not if_changed:
        return None
    made_of = entry.source.sha256 if entry and if_changed else ""
    noted = bool(if_changed) and existing.saw(photo.path)
    return Job(photo, tuple(kinds), tuple(if_changed), made_of, left_out, noted, tuple(renamed), group)
