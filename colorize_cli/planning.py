"""Planning a run: which photos, which output names, what is done already; nothing is read or written."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from colorize_cli.errors import NoInputError, OutputError
from colorize_cli.settings import Format, IfExists, RunSettings

_FORMATS = {
    ".jpg": Format.JPEG,
    ".jpeg": Format.JPEG,
    ".jpe": Format.JPEG,
    ".jfif": Format.JPEG,
    ".png": Format.PNG,
    ".tif": Format.TIFF,
    ".tiff": Format.TIFF,
    ".webp": Format.WEBP,
}
_SUFFIX = {Format.JPEG: ".jpg", Format.PNG: ".png", Format.TIFF: ".tif", Format.WEBP: ".webp"}
_OUR_OUTPUT = re.compile(r"\.color-\d+(~\d+)?\.[A-Za-z]+$")


@dataclass(frozen=True)
class Output:
    """One file to write: its path, its variant (1 is the most likely) and its format."""

    path: Path
    variant: int
    format: Format


@dataclass(frozen=True)
class Job:
    """One photo and the outputs that are still to be written for it."""

    source: Path
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class Plan:
    """The jobs of a run in order, and how many photos need nothing because their outputs exist."""

    jobs: tuple[Job, ...]
    already_done: int


@dataclass(frozen=True)
class _Source:
    path: Path
    target: Path  # folder and stem of the outputs


def _folder_output(folder: Path) -> Path:
    full = folder.resolve()
    return full.with_name(full.name + "-colorized") if full.name else Path("colorized").resolve()


def _walk(folder: Path, excluded: set[Path]) -> Iterator[Path]:
    """Photos below a folder in sorted order, without hidden files, our own outputs and excluded folders."""
    for here, folders, files in os.walk(folder):
        place = Path(here)
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and (place / f).resolve() not in excluded
        )
        for name in sorted(files):
            known = os.path.splitext(name)[1].lower() in _FORMATS  # noqa: PTH122
            if known and not name.startswith(".") and not _OUR_OUTPUT.search(name):
                yield place / name


def _find(settings: RunSettings) -> list[_Source]:
    folders = [p for p in settings.paths if p.is_dir()]
    missing = [p for p in settings.paths if not p.exists()]
    if missing:
        raise NoInputError(f"No such file or folder: {', '.join(map(str, missing))}.")
    excluded = {_folder_output(p) for p in folders}
    if settings.output is not None:
        excluded.add(settings.output.resolve())
    found: list[_Source] = []
    for path in settings.paths:
        if not path.is_dir():
            found.append(_Source(path, (settings.output or path.parent) / path.stem))
            continue
        root = settings.output or _folder_output(path)
        # Several folders into one: each keeps its name, or their trees would run into each other.
        if settings.output is not None and len(folders) > 1:
            root = root / path.resolve().name
        for photo in _walk(path, excluded):
            found.append(_Source(photo, root / photo.relative_to(path).with_suffix("")))
    unique = {source.path.resolve(): source for source in reversed(found)}
    return [source for source in found if unique[source.path.resolve()] is source]


def _distinct(sources: Iterable[_Source]) -> Iterator[_Source]:
    """Give photos that would share outputs distinct stems: `a.jpg`, `a.png` become `a.jpg.*`, `a.png.*`."""

    def fold(target: Path) -> str:
        # A file system may hold "A.jpg" and "a.jpg" for one file: macOS and Windows do.
        return os.path.normcase(str(target)).casefold()

    sources = list(sources)
    shared = Counter(fold(s.target) for s in sources)
    taken: Counter[str] = Counter()
    plain = {fold(s.target) for s in sources if shared[fold(s.target)] == 1}
    for source in sources:
        target = source.target
        if shared[fold(target)] > 1:
            target = target.with_name(target.name + source.path.suffix)
            base, count = target, 1
            while fold(target) in plain or taken[fold(target)]:
                count += 1
                target = base.with_name(f"{base.name}~{count}")
            taken[fold(target)] += 1
        yield _Source(source.path, target)


def _format_of(source: Path, wanted: Format) -> tuple[Format, str]:
    """Format and suffix of the outputs of a photo; a kind that is only read is written as PNG."""
    own = _FORMATS.get(source.suffix.lower())
    chosen = wanted if wanted is not Format.SAME else own or Format.PNG
    return chosen, source.suffix if chosen is own else _SUFFIX[chosen]


def _free_name(path: Path) -> Path:
    count = 2
    while (free := path.with_name(f"{path.stem}~{count}{path.suffix}")).exists():
        count += 1
    return free


def _outputs(source: _Source, settings: RunSettings) -> Iterator[Output]:
    kind, suffix = _format_of(source.path, settings.format)
    for variant in range(1, settings.variants + 1):
        path = source.target.with_name(f"{source.target.name}.color-{variant}{suffix}")
        if path.exists():
            if settings.if_exists is IfExists.SKIP:
                continue
            if settings.if_exists is IfExists.ERROR:
                raise OutputError(f"{path} exists. Choose --if-exists skip, overwrite or rename.")
            if settings.if_exists is IfExists.RENAME:
                path = _free_name(path)
        yield Output(path, variant, kind)


def make_plan(settings: RunSettings) -> Plan:
    """Every photo below `settings.paths` with the outputs that it still needs, in a stable order.

    A folder's outputs go to `<folder>-colorized` with its tree, a single file's beside it, both
    under `settings.output` if that is given. Raises NoInputError if there is no photo, OutputError
    if an output exists and `if_exists` is "error".
    """
    sources = list(_distinct(_find(settings)))
    if not sources:
        raise NoInputError(
            f"No photos in {', '.join(map(str, settings.paths))}. Known are {', '.join(sorted(_FORMATS))}."
        )
    jobs = [Job(source.path, tuple(_outputs(source, settings))) for source in sources]
    todo = tuple(job for job in jobs if job.outputs)
    return Plan(todo, len(jobs) - len(todo))
