"""Where training photos come from: folders, zips, tars, lists and single files, in a stable order."""

from __future__ import annotations

import functools
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeVar

from colorize_cli.errors import NoInputError

_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".jp2"})


@dataclass(frozen=True)
class Item:
    """One photo: its file or archive, its name in there ("" for a plain file), its place in a tar."""

    container: Path
    name: str
    offset: int = -1
    size: int = -1

    @property
    def label(self) -> str:
        """The name shown to people and written to lists."""
        return f"{self.container}::{self.name}" if self.name else str(self.container)

    def read(self) -> bytes:
        """The photo's bytes; OSError where they cannot be had: missing, damaged, encrypted."""
        if not self.name:
            return self.container.read_bytes()
        if self.offset >= 0:
            with self.container.open("rb") as file:
                file.seek(self.offset)
                return file.read(self.size)
        try:
            return _open_zip(self.container).read(self.name)
        # RuntimeError: a password or a way of packing that zipfile lacks.
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, KeyError, RuntimeError) as error:
            raise OSError(str(error)) from error


# Reading the directory of a zip of 5,000 photos takes 30 ms, more than decoding one of them.
@functools.lru_cache(maxsize=64)
def _open_zip(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def _is_hidden(part: str) -> bool:
    # Archives made on a Mac carry a shadow of every photo in __MACOSX/._name.
    return part.startswith(".") or part == "__MACOSX"


def _is_photo(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in PHOTO_SUFFIXES and not any(map(_is_hidden, path.parts))


def _in_zip(path: Path) -> list[Item]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise NoInputError(f"{path}: not a readable zip ({error}). Copy it again.") from error
    with archive:
        return [Item(path, name) for name in sorted(archive.namelist()) if _is_photo(name)]


def _in_tar(path: Path) -> list[Item]:
    # Read by offset later, which only a plain tar allows; photos do not compress anyway.
    try:
        with tarfile.open(path, "r:") as archive:
            members = [m for m in archive.getmembers() if m.isfile() and _is_photo(m.name)]
    except (OSError, tarfile.TarError) as error:
        raise NoInputError(
            f"{path}: not a whole, plain tar ({error}). Unpack a compressed tar first and name its folder."
        ) from error
    return [Item(path, m.name, m.offset_data, m.size) for m in sorted(members, key=lambda m: m.name)]


def _refuse(error: OSError) -> None:
    raise error


def _visible_files(folder: Path) -> Iterator[Path]:
    # Path.rglob would pass over a folder that it may not read, and nobody would miss its photos.
    for place, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        yield from (Path(place, name) for name in names)


def _in_folder(path: Path) -> list[Item]:
    try:
        found = [p for p in _visible_files(path) if _is_photo(p.name) and p.is_file()]
    except OSError as error:
        raise NoInputError(
            f"{error.filename}: the folder cannot be read ({error.strerror}). Check its permissions."
        ) from error
    return [Item(p, "") for p in sorted(found)]


def _in_list(path: Path) -> list[Item]:
    try:
        # utf-8-sig: Windows editors put a mark first, which would become part of the first name.
        lines = path.read_text("utf-8-sig", errors="surrogateescape").split("\n")
    except OSError as error:
        raise NoInputError(f"{path}: the list cannot be read ({error}). Check the name after @.") from error
    return [Item(path.parent / line, "") for line in lines if line.strip()]


def list_photos(paths: Iterable[Path]) -> list[Item]:
    """Every photo in the given folders, zips, plain tars and files; raises NoInputError if there is none.

    `@FILE` is a list with one path a line, relative to the list's folder.
    """
    paths = list(paths)
    items: list[Item] = []
    for path in paths:
        if path.is_dir():
            items += _in_folder(path)
        elif str(path).startswith("@"):
            items += _in_list(Path(str(path)[1:]))
        elif not path.exists():
            raise NoInputError(f"{path}: no such file or folder.")
        elif path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
            items += _in_zip(path)
        elif path.name.lower().endswith(_TARS):
            items += _in_tar(path)
        else:
            items.append(Item(path, ""))
    if not items:
        raise NoInputError(f"No photos found in: {', '.join(map(str, paths))}.")
    return items


Told = TypeVar("Told")


def named(item: Item, told: Mapping[str, Told]) -> Told | None:
    """What a table tells of a photo by as much of its path as the table names, None where it names none.

    people/1.jpg and train/1.jpg may be told apart, or 1.jpg stand for both.
    """
    parts = PurePath(item.name or item.container).parts
    names = (str(PurePosixPath(*parts[first:])) for first in range(len(parts)))
    return next((told[name] for name in names if name in told), None)


def every_of(items: list[Item], step: int, half: str | None = None) -> list[Item]:
    """Every `step`-th photo, of all or of those of "even" or "odd" number in the list, counted from 0.

    Raises NoInputError if none is left.
    """
    chosen = items if half is None else items[half == "odd" :: 2]
    if not chosen:
        raise NoInputError(f"There is no photo of {half} number: {items[0].label} is the only one.")
    return chosen[::step]
