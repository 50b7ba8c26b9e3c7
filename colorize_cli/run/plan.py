"""Planning a run: which pictures are still to be made, and where; nothing is decoded or written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from colorize_cli.common.digests import sha256_of
from colorize_cli.errors import OutputError
from colorize_cli.hints.hint_file import hints_digest
from colorize_cli.inputs.naming import InputPhoto, name_photos
from colorize_cli.inputs.walk import Selection, select
from colorize_cli.output.manifest import Entry, Manifest, Picture
from colorize_cli.output.series_looks import LookStore
from colorize_cli.settings import Format, IfColor, IfExists, RunSettings


@dataclass(frozen=True, slots=True)
class Output:
    """One file to write: its path and its variant (1 is the most likely, 0 the map of uncertainty)."""

    path: Path
    variant: int


@dataclass(frozen=True, slots=True)
class Job:
    """One photo with the variants that are still to be made of it.

    `if_changed`: variants that need nothing if the photo still has the digest `made_of`, which is to be
    looked at: its size or time has changed, or the settings do not trust them. Their pictures are there,
    or the photo was `left_out`. `noted`: size and time are those that the manifest has.
    """

    photo: InputPhoto
    variants: tuple[int, ...]
    if_changed: tuple[int, ...] = ()
    made_of: str = ""
    left_out: str | None = None
    noted: bool = False
    renamed: tuple[tuple[int, str], ...] = ()  # variants with a name other than their usual one

    @property
    def source(self) -> Path:
        """The photo's file."""
        return Path(self.photo.path)

    @property
    def format(self) -> Format:
        """Of all outputs."""
        return self.photo.format

    @property
    def folder(self) -> Path:
        """Of all outputs."""
        return Path(self.photo.root, self.photo.target).parent

    def outputs(self, variants: tuple[int, ...] | None = None) -> list[Output]:
        """The files to write, all or those of some variants."""
        wanted = (*self.variants, *self.if_changed) if variants is None else variants
        names = dict(self.renamed)
        return [Output(self.folder / names.get(v, self.photo.name(v)), v) for v in sorted(wanted)]


@dataclass
class Plan:
    """The jobs of a run in order, what needs none, and the manifests of the output folders."""

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
    """Every photo of the settings with the variants that it still needs, in a stable order.

    A folder's outputs go to `<folder>-colorized` with its tree, a single file's beside it, both
    under `settings.output` if that is given. Raises NoInputError if there is no photo, OutputError
    if a file is in the place of an output and `if_exists` is "error", or if the pictures there are those
    of another photo and `if_exists` does not say what to do.
    """
    plan = Plan(selection=select(settings))
    recipes = {kind: settings.recipe(kind) for kind in Format}
    for photo in name_photos(plan.selection.photos, settings.format, settings.pages):
        if photo.root not in plan.manifests:
            plan.manifests[photo.root] = Manifest(photo.root)
            plan.look_stores[photo.root] = LookStore(photo.root, weights_sha256)
        entry = plan.manifests[photo.root].entry(photo.target)
        hints = hints_digest([Path(path) for path in photo.hints]) if photo.hints else ""
        group = settings.group.group_of(photo) if settings.group else None
        look = "" if group is None else plan.look_stores[photo.root].digest(group)
        recipe = settings.recipe(photo.format, hints, look) if hints or look else recipes[photo.format]
        before = _Past(entry, recipe, weights_sha256, settings.trust_mtime)
        if entry is not None and entry.made and _is_of_another(photo, before):
            before = _strange(photo, before, settings.if_exists)
        job = _job(photo, before, settings)
        if job is None:
            left_out = before.entry is not None and before.entry.left_out is not None
            plan.already_left_out += left_out
            plan.already_done += not left_out
        else:
            plan.jobs.append(job)
    plan.selection.photos = []
    return plan


@dataclass(frozen=True, slots=True)
class _Past:
    """What the manifest knows of a photo, seen with the settings of this run."""

    entry: Entry | None
    recipe: str
    weights: str
    trust_mtime: bool

    def made(self, variant: int) -> Picture | None:
        return self.entry.made.get(variant) if self.entry else None

    def is_current(self, made: Picture) -> bool:
        """Whether a picture was made of the photo last seen, with these settings and weights."""
        source = self.entry.source.sha256 if self.entry else ""
        return (made.recipe, made.weights, made.source_sha256) == (self.recipe, self.weights, source)

    def saw(self, path: str) -> bool:
        """Whether the file has the size and time it had when it was last read."""
        try:
            state = os.stat(path)  # noqa: PTH116
        except OSError:
            return False
        known = self.entry.source if self.entry else None
        return known is not None and (known.size, known.mtime_ns) == (state.st_size, state.st_mtime_ns)

    def trusts(self, path: str) -> bool:
        """Whether the file is taken for the photo that was last read, without a look at its content."""
        return self.trust_mtime and self.saw(path)


def _is_of_another(photo: InputPhoto, before: _Past) -> bool:
    """Whether the pictures in a photo's place were made of another photo: another path, another content."""
    assert before.entry is not None
    if before.trusts(photo.path) or os.path.relpath(photo.path, photo.root) == before.entry.source.path:
        return False
    try:
        return sha256_of(photo.path) != before.entry.source.sha256
    except OSError:
        return False


def _strange(photo: InputPhoto, before: _Past, if_exists: IfExists) -> _Past:
    """What counts as done where the place is taken: nothing, if the user has said what to do then."""
    assert before.entry is not None
    if if_exists in (IfExists.SKIP, IfExists.ERROR):
        raise OutputError(
            f"{photo.root}: {photo.name(1)} and its like there are of {before.entry.source.path}, not of "
            f"{photo.path}. Choose another folder with -o, or --if-exists rename or overwrite."
        )
    return replace(before, entry=None)


def _job(photo: InputPhoto, before: _Past, settings: RunSettings) -> Job | None:
    """What is left to do for a photo; None for nothing."""
    if before.entry is not None and before.entry.pick is not None:
        return None  # a person has chosen: new pictures are made only after `colorize pick --undo`
    trusted = before.trusts(photo.path)
    left_out = before.entry.left_out if before.entry and settings.if_color is IfColor.SKIP else None
    if left_out and trusted:
        return None
    folder = os.path.dirname(os.path.join(photo.root, photo.target))  # noqa: PTH118, PTH120
    todo: list[int] = []
    doubtful: list[int] = []
    renamed: list[tuple[int, str]] = []
    for variant in range(0 if settings.uncertainty else 1, settings.variants + 1):
        usual = photo.name(variant)
        fate, name = _fate(folder, usual, before.made(variant), before, settings.if_exists)
        if fate == "make" or (fate == "check" and not trusted):
            (doubtful if fate == "check" or left_out else todo).append(variant)
            if name != usual:
                renamed.append((variant, name))
    if not todo and not doubtful:
        return None
    made_of = before.entry.source.sha256 if before.entry and doubtful else ""
    noted = bool(doubtful) and before.saw(photo.path)
    return Job(photo, tuple(todo), tuple(doubtful), made_of, left_out, noted, tuple(renamed))


def _fate(
    folder: str, name: str, made: Picture | None, before: _Past, if_exists: IfExists
) -> tuple[str, str]:
    """("make" | "check" | "keep", name); "check": the picture is right if the photo is still the same."""
    if made is not None:
        size = _size(f"{folder}{os.sep}{made.name}")
        if size == made.size:
            current = before.is_current(made) and if_exists is not IfExists.OVERWRITE
            return ("check" if current else "make"), made.name
    path = f"{folder}{os.sep}{name}"
    if _size(path) is None:
        return "make", name
    # Something that no run has noted, or that was changed since: only the user can say.
    if if_exists is IfExists.ERROR:
        raise OutputError(f"{path} exists. Choose --if-exists skip, overwrite or rename.")
    if if_exists is IfExists.RENAME:
        return "make", _free_name(path)
    return ("make" if if_exists is IfExists.OVERWRITE else "keep"), name


def _size(path: str) -> int | None:
    try:
        return os.lstat(path).st_size
    except OSError:
        return None


def _free_name(path: str) -> str:
    stem, suffix = os.path.splitext(path)  # noqa: PTH122
    count = 2
    while os.path.lexists(f"{stem}~{count}{suffix}"):
        count += 1
    return os.path.basename(f"{stem}~{count}{suffix}")  # noqa: PTH119
