"""Which files a run is about: the paths that were named, walked in a stable order."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path

from colorize_cli.common.store import store_url
from colorize_cli.errors import NoInputError, UsageError
from colorize_cli.hints.beside import Subjects, hints_of, is_hint_file, strays, subjects_of
from colorize_cli.image.formats import READABLE, UNREAD
from colorize_cli.inputs.output_names import OUR_OUTPUT
from colorize_cli.settings import Hinting, RunSettings

# What file managers, cameras and network drives leave in folders of photos.
_SYSTEM = frozenset(
    {"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"}
    | {"thumbs.db", "desktop.ini"}
)


@dataclass(frozen=True, slots=True)
class InputFile:
    """A photo to colour; strings, because a hundred thousand `Path`s are heavy.

    path: where it is; root: the output folder it belongs to, with that folder's manifest; place: the
    folder of its outputs below `root`, "" for `root` itself; hints: names of files beside it.
    """

    path: str
    root: str
    place: str
    hints: tuple[str, ...] = ()


@dataclass
class Selection:
    """What was found, and what was passed over on the way."""

    photos: list[InputFile] = field(default_factory=list)
    links: int = 0  # symbolic links that were not followed
    special: int = 0  # pipes, sockets, devices
    unreadable: list[str] = field(default_factory=list)  # folders and listed files, with the reason
    strays: list[str] = field(default_factory=list)  # files of hints that belong to no photo
    unread: list[str] = field(default_factory=list)  # pictures of kinds that are not read
    base: str | None = None  # the folder below which photos have the places that pictures get in the output
    filtered: int = 0  # photos and folders that --include and --exclude passed over
    ours: int = 0  # pictures of earlier runs


def select(settings: RunSettings) -> Selection:
    """All photos that the settings name; NoInputError if a path does not exist or nothing is found."""
    selection = Selection()
    selection.photos = [photo for part in select_in_parts(settings, selection) for photo in part]
    return selection


def select_in_parts(settings: RunSettings, selection: Selection) -> Iterator[list[InputFile]]:
    """The same, of one folder a part for each folder below; what is passed over goes to `selection`.

    Photos of different parts have different places, also where a file system is blind to case.
    """
    _require(settings.paths)
    listed = list(_listed(settings))
    folders = [p for p in settings.paths if p.is_dir()]
    base = selection.base = common_base([*settings.paths, *listed], settings)
    walk = _Walk(settings, selection, _outputs_of(settings, folders))
    several, found = len(settings.paths) + len(listed) > 1 or settings.follow_symlinks, False
    for path in [*settings.paths, *_there(listed, selection)]:
        for _ in walk.add(path, *_home(path, settings.output, base)):
            if selection.photos and not several:
                found = True
                yield walk.taken()
    if selection.photos:
        found = True
        yield _once(walk.taken()) if several else walk.taken()
    if not found and not selection.unreadable:
        raise NoInputError(_nothing(settings, selection))


def output_roots(settings: RunSettings) -> list[str]:
    """The folders that a run writes to, each with its own manifest and lock.

    NoInputError if a path does not exist: nothing is to be made for a slip of the pen.
    """
    _require(settings.paths)
    if settings.output is not None:
        return [str(settings.output)]
    return sorted({_home(path, None, None)[0] for path in settings.paths})


def _require(paths: Iterable[Path]) -> None:
    missing = [str(path) for path in paths if not os.path.lexists(path)]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise NoInputError(f"No such file or folder: {', '.join(missing[:5])}{more}.")


def _there(listed: list[Path], selection: Selection) -> list[Path]:
    """The paths of a list without those that have vanished; NoInputError if that is all of them."""
    missing = [path for path in listed if not os.path.lexists(path)]
    reasons = [_why_missing(path) for path in missing]
    if missing and len(missing) == len(listed):
        raise NoInputError(f"Nothing that is listed is there. {'; '.join(reasons[:3])}.")
    selection.unreadable += reasons
    gone = set(missing)
    return [path for path in listed if path not in gone]


def _why_missing(path: Path) -> str:
    if address := store_url(path):
        return f"{address}: is in the list, but a list has files of this computer; name the store's folder"
    return f"{path}: is in the list, but there is no such file"


def _listed(settings: RunSettings) -> Iterator[Path]:
    if settings.files_from is None:
        return
    if settings.output is None:
        raise UsageError("--files-from needs -o FOLDER for the pictures.")
    try:
        standard = str(settings.files_from) == "-"
        data = sys.stdin.buffer.read() if standard else settings.files_from.read_bytes()
    except OSError as error:
        raise UsageError(f"{settings.files_from}: the list cannot be read ({error.strerror}).") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(
            f"{settings.files_from}: the list is UTF-16, as PowerShell writes it; save it as UTF-8 "
            "(Out-File -Encoding utf8)."
        )
    data = data.removeprefix(b"\xef\xbb\xbf")  # what editors on Windows begin a text with
    # File names are bytes; not every one is text.
    names = data.split(b"\0") if settings.null else data.replace(b"\r\n", b"\n").split(b"\n")
    yield from (Path(os.fsdecode(name)) for name in names if name)


def common_base(named: Iterable[Path], settings: RunSettings) -> str | None:
    """The folder below which a run counts the places of photos; None where pictures come beside their photos.

    `settings.base`, or the innermost folder that has all that is named: one folder alone is its own base.
    What is listed counts like what is typed, so that both ways lead to the same names. UsageError for what is
    not below the base of the settings.
    """
    if settings.output is None:
        return None
    folders = dict.fromkeys(_folder_of(path) for path in named)
    if settings.base is not None:
        base = os.path.abspath(settings.base)  # noqa: PTH100
        for folder in folders:
            _below(base, folder)
        return base
    try:
        return os.path.commonpath(folders) if folders else None
    except ValueError:
        raise UsageError("The photos are on several drives; give each drive an output folder.") from None


def _folder_of(path: Path) -> str:
    return os.path.abspath(path if path.is_dir() else path.parent)  # noqa: PTH100


def _below(base: str, folder: str) -> str:
    """The way from the base to a folder in it, "" for itself; UsageError for one outside."""
    place = os.path.relpath(folder, base)
    if place.split(os.sep, 1)[0] == os.pardir:
        raise UsageError(f"{folder} is not below {base}, which --base names.")
    return "" if place == os.curdir else place


def _home(path: Path, output: Path | None, base: str | None) -> tuple[str, str]:
    """Root and place of the outputs of a path that was named."""
    if output is not None and base is not None:
        return str(output), _below(base, _folder_of(path))
    return str(folder_output(path) if path.is_dir() else path.parent), ""


def folder_output(folder: Path) -> Path:
    """`album` -> `album-colorized` beside it; of a link, beside the link."""
    full = _named(folder)
    return full.with_name(full.name + "-colorized") if full.name else Path("colorized").resolve()


def _named(folder: Path) -> Path:
    """The whole path of a folder under the name that the user gave it, if it is one."""
    if folder.name in ("", os.pardir):
        return folder.resolve()
    return folder.parent.resolve() / folder.name


def _outputs_of(settings: RunSettings, folders: list[Path]) -> frozenset[str]:
    outputs = [folder_output(folder) for folder in folders]
    return frozenset(os.path.realpath(p) for p in [*outputs, *([settings.output] if settings.output else [])])


def _patterns(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for all patterns, blind to case; None if there are none."""
    joined = "|".join(f"(?:{translate(pattern.rstrip('/'))})" for pattern in patterns)
    return re.compile(joined, re.IGNORECASE) if joined else None


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to walk: its path, that below the named one, where pictures go; entry: how it was found."""

    path: str
    inside: str
    root: str
    place: str
    entry: os.DirEntry[str] | None = None


class _Walk:
    def __init__(self, settings: RunSettings, selection: Selection, outputs: frozenset[str]) -> None:
        self.selection, self.outputs = selection, outputs
        self.follow = settings.follow_symlinks
        self.include, self.exclude = _patterns(settings.include), _patterns(settings.exclude)
        self.seen: set[tuple[int, int]] = set()
        self.hints = settings.hints is not Hinting.OFF
        self.beside: dict[str, Subjects] = {}  # of the folders of named files

    def add(self, path: Path, root: str, place: str) -> Iterator[None]:
        """A named path: a folder is walked, a file is taken whatever it is called, unless it is hints.

        Stops after every folder, where no photo of another one could have the place of one that was found.
        """
        if path.is_dir():
            yield from self._walked(_Folder(str(path), "", root, place))
        elif not is_hint_file(path.name):  # the shell has written them out for album/*
            self.selection.photos.append(InputFile(str(path), root, place, self._hints_beside(path)))

    def taken(self) -> list[InputFile]:
        """What was found since this was last asked."""
        photos, self.selection.photos = self.selection.photos, []
        return photos

    def _walked(self, top: _Folder) -> Iterator[None]:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            if folder.entry is not None and not self._enters(folder.entry):
                continue
            below = self._folder(folder)
            if len({inner.place.casefold() for inner in below}) == len(below):
                waiting += reversed(below)
            else:  # "A" and "a": their photos could share names
                for inner in below:
                    for _ in self._walked(inner):
                        pass
            yield

    def _hints_beside(self, path: Path) -> tuple[str, ...]:
        if not self.hints:
            return ()
        folder = str(path.parent)
        if folder not in self.beside:
            try:
                self.beside[folder] = subjects_of(os.listdir(folder))  # noqa: PTH208
            except OSError:
                self.beside[folder] = {}
        return hints_of(path.name, self.beside[folder])

    def _folder(self, folder: _Folder) -> list[_Folder]:
        """Take the photos of a folder; the folders in it."""
        path, inside, root, place = folder.path, folder.inside, folder.root, folder.place
        try:
            with os.scandir(path) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.selection.unreadable.append(f"{path}: the folder cannot be read ({error.strerror})")
            return []
        folders = []
        subjects = subjects_of(entry.name for entry in listed) if self.hints else {}
        self.selection.strays += [
            os.path.join(path, name)  # noqa: PTH118
            for name in strays((entry.name for entry in listed), subjects)
        ]
        for entry in listed:
            name = f"{inside}/{entry.name}" if inside else entry.name
            if entry.name.startswith(".") or entry.name.casefold() in _SYSTEM:
                continue
            if self.exclude and _matches(self.exclude, entry.name, name):
                self.selection.filtered += _suffix(name) in READABLE or entry.is_dir(follow_symlinks=False)
                continue
            if entry.is_symlink() and not self.follow:
                self.selection.links += self._interesting(entry)
            elif entry.is_dir(follow_symlinks=self.follow):
                folders.append((entry, name))
            elif self._is_photo(entry.name, name):
                if entry.is_file():
                    hints = hints_of(entry.name, subjects)
                    self.selection.photos.append(InputFile(entry.path, root, place, hints))
                elif not entry.is_symlink():
                    self.selection.special += 1
            elif _suffix(entry.name) in UNREAD:
                self.selection.unread.append(entry.path)
        return [
            _Folder(entry.path, name, root, os.path.join(place, entry.name), entry)  # noqa: PTH118
            for entry, name in folders
        ]

    def _is_photo(self, name: str, inside: str) -> bool:
        if _suffix(name) not in READABLE or is_hint_file(name):
            return False
        if OUR_OUTPUT.search(name):
            self.selection.ours += 1
            return False
        taken = not self.include or _matches(self.include, name, inside)
        self.selection.filtered += not taken
        return taken

    def _interesting(self, link: os.DirEntry[str]) -> bool:
        try:
            return link.is_dir() or (link.is_file() and self._is_photo(link.name, link.name))
        except OSError:
            return False

    def _enters(self, folder: os.DirEntry[str]) -> bool:
        """Not our own output, and, where links are followed, no folder twice: links can go in circles."""
        if self.outputs and os.path.realpath(folder.path) in self.outputs:
            return False
        if not self.follow:
            return True
        state = folder.stat()
        known = (state.st_dev, state.st_ino) in self.seen
        self.seen.add((state.st_dev, state.st_ino))
        return not known


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def _matches(patterns: re.Pattern[str], name: str, inside: str) -> bool:
    return bool(patterns.match(name) or patterns.match(inside))


def _once(photos: list[InputFile]) -> list[InputFile]:
    """Without photos that were found before, by whatever path."""
    first: dict[str, InputFile] = {}
    for photo in photos:
        first.setdefault(os.path.realpath(photo.path), photo)
    return list(first.values())


def _nothing(settings: RunSettings, selection: Selection) -> str:
    where = ", ".join(map(str, settings.paths)) or f"the list {settings.files_from}"
    reasons = (
        (selection.filtered, "photos or folders were passed over by --include or --exclude."),
        (selection.ours, "pictures have names of our own (NAME.color-1.jpg) and are no photos to colour."),
        (selection.links, "symbolic links were passed over (--follow-symlinks)."),
        (len(selection.unread), "pictures are of kinds that are not read."),
    )
    said = "".join(f" {count} {what}" for count, what in reasons if count)
    formats = "" if selection.filtered + selection.ours else f" Formats that are read: {_formats()}."
    return f"No photos found in {where}.{formats}{said}"


def _formats() -> str:
    return ", ".join(sorted(READABLE))
