"""What the server knows: the page as things are now, the files that belong to it, and the choices."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from colorize_cli.common.regular import open_regular
from colorize_cli.errors import OutputError
from colorize_cli.gallery.building import Gallery, build, picks_of
from colorize_cli.gallery.contents import GalleryPhoto, record
from colorize_cli.gallery.thumbnails import PLACE
from colorize_cli.image.formats import format_of
from colorize_cli.output.manifest import NAME
from colorize_cli.output.own_folder import OwnFolder
from colorize_cli.output.picks import PICKS, Choice, write_picks
from colorize_cli.output.segments import segments

_PATIENCE = 10.0  # seconds that another gallery of the folder has to save a choice


class Site:
    """What the server answers with: a gallery, its files by address, and the file of choices."""

    def __init__(self, gallery: Gallery) -> None:
        self._lock, self._choosing = threading.Lock(), threading.Lock()
        self._picks_lock = FileLock(OwnFolder(gallery.root).checked("picks.lock"), timeout=_PATIENCE)
        self._use(gallery)
        picks_of(gallery.root)  # a damaged file is not to be written over

    def _use(self, gallery: Gallery) -> None:
        root, files = gallery.root, dict[str, tuple[Path, int | None]]()
        for photo in gallery.photos:
            source = photo.entry.source
            files[_scan_name(photo)] = (photo.scan, source.size)
            files |= {v.path.replace(os.sep, "/"): (root / v.path, None) for v in photo.variants}
        for name in gallery.thumbnails.known:
            files[f"{PLACE}/{name}"] = (gallery.thumbnails.folder / name, None)
        self.gallery, self.files, self._seen = gallery, files, _state_of(gallery.root)

    def html(self, **about: object) -> str:
        """The page as things are now, which also knows what is `about` it."""
        with self._lock:
            self._follow()
            return self.gallery.html(picks_of(self.gallery.root), _scan_name, server="picks", **about)

    def refresh(self) -> None:
        """Take note of runs and picks of the meantime."""
        with self._lock:
            self._follow()

    def _follow(self) -> None:
        if self._seen != _state_of(self.gallery.root):
            self._use(build(self.gallery.root))

    def photo(self, target: str) -> GalleryPhoto:
        """A photo by the target of its pictures; ValueError if it is not here."""
        found = next((photo for photo in self.gallery.photos if photo.entry.target == target), None)
        if found is None:
            raise ValueError("there is no such photo")
        return found

    def record(self, target: str) -> dict[str, Any]:
        """A photo as the page knows it; ValueError if it is not here."""
        with self._lock:
            return record(self.photo(target), self.gallery.thumbnails, _scan_name)

    def choose(self, choice: Choice) -> None:
        """Save a choice beside those that are in the file.

        ValueError if it is not of a photo here, OutputError if it cannot be saved.
        """
        photo = self.photo(choice.photo)
        if choice.variant and choice.variant not in photo.entry.pictures:
            raise ValueError("there is no such variant")
        root = self.gallery.root
        try:
            # Not the lock of the page: who looks does not wait for who chooses.
            with self._choosing, self._picks_lock:
                write_picks(root / PICKS, (picks_of(root) | {choice.photo: choice}).values())
        except Timeout:
            raise OutputError(
                f"{root / PICKS}: another program holds it; close it, then choose again."
            ) from None

    def open(self, name: str) -> tuple[int, str, int] | None:
        """Handle, type and length of a picture that belongs here; None for everything else."""
        found = self.files.get(name)
        if found is None:
            return None
        path, size = found
        # A scan may be a link, as the run that read it allowed; a picture of ours never is.
        handle = _opened(path, follow=size is not None, root=None if size is not None else self.gallery.root)
        if handle is None:
            return None
        length, head = os.fstat(handle).st_size, os.pread(handle, 64, 0)
        fmt = format_of(head)
        if fmt is None or not fmt.media_type or (size is not None and size != length):
            os.close(handle)
            return None
        return handle, fmt.media_type, length


def _scan_name(photo: GalleryPhoto) -> str:
    return f"scan/{photo.original.sha256}"


def _state_of(root: Path) -> object:
    folder = OwnFolder(root)
    try:
        states = [(folder.path / name).stat() for name in segments(folder, NAME)]
    except OSError:
        return None
    return [(state.st_size, state.st_mtime_ns) for state in states]


def _opened(path: Path, *, follow: bool, root: Path | None) -> int | None:
    try:
        if root is not None and not path.resolve().is_relative_to(root.resolve()):
            return None
        return open_regular(path, follow=follow)
    except OSError:
        return None
