"""Small pictures for the page, and large ones of what a browser cannot show; made once for each content."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import joblib
import simplejpeg

from colorize_cli.common.atomic import replace_file
from colorize_cli.common.threads import one_thread_each
from colorize_cli.errors import PhotoError
from colorize_cli.gallery.display import ScreenPicture, browser_jpeg, screen_picture
from colorize_cli.output.own_folder import FOLDER, OwnFolder

PLACE = f"{FOLDER}/gallery"
_SIDE, _QUALITY = 400, 80
# Larger ones some browsers refuse to show.
_FULL_SIDE, _FULL_QUALITY = 8192, 88
_THUMBNAIL = re.compile(r"[0-9a-f]{2}/[0-9a-f]{1,20}(-\d+)?(\.full)?\.jpg")


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture that the page shows: its file, its page in it, and the digest it must have."""

    path: Path
    sha256: str
    page: int | None = None

    @property
    def thumbnail(self) -> str:
        """Below the folder of thumbnails."""
        page = f"-{self.page}" if self.page else ""
        return f"{self.sha256[:2]}/{self.sha256[2:22]}{page}.jpg"

    @property
    def full(self) -> str:
        """The copy for browsers, where there is one."""
        return self.thumbnail.removesuffix(".jpg") + ".full.jpg"


class Thumbnails:
    """The folder of an output folder's thumbnails, and what is in it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / PLACE
        self.known = set(_names(self.folder)) if OwnFolder(root).exists("gallery") else set()

    def make(self, files: Iterable[PictureFile], done: Callable[[], None] = lambda: None) -> int:
        """Make the thumbnails that are missing, with all cores; returns how many were made.

        What cannot be shown, is gone or has changed gets none. OutputError if nothing can be written.
        """
        missing = [file for file in files if file.thumbnail not in self.known]
        made = 0
        with one_thread_each(), ThreadPoolExecutor(joblib.cpu_count()) as pool:
            for written in pool.map(self._make, missing):
                self.known.update(written)
                made += bool(written)
                done()
        return made

    def prune(self, files: Iterable[PictureFile]) -> None:
        """Remove thumbnails of pictures that are no longer there."""
        needed = {name for file in files for name in (file.thumbnail, file.full)}
        for name in self.known - needed:
            with contextlib.suppress(OSError):
                (self.folder / name).unlink()
        self.known &= needed

    def size(self, of: PictureFile) -> tuple[int, int] | None:
        """(width, height) of a thumbnail; None if there is none."""
        if of.thumbnail not in self.known:
            return None
        try:
            with (self.folder / of.thumbnail).open("rb") as file:
                height, width, _, _ = simplejpeg.decode_jpeg_header(file.read(1024), strict=False)
        except (OSError, ValueError):
            return None
        return width, height

    def _make(self, of: PictureFile) -> list[str]:
        try:
            picture = screen_picture(of.path, page=(of.page or 1) - 1, least=_SIDE)
            if picture.digest != of.sha256:
                return []
            files = {} if picture.native else {of.full: _full(picture)}
            files[of.thumbnail] = browser_jpeg(picture.pixels, _SIDE, _QUALITY)
        except (PhotoError, ValueError):
            return []
        self._write(files)
        return list(files)

    def _write(self, files: dict[str, bytes]) -> None:
        # The thumbnail comes last: where it is, the copy is.
        for name, data in files.items():
            replace_file(self.folder / name, data)


def _full(picture: ScreenPicture) -> bytes:
    return browser_jpeg(picture.pixels, _FULL_SIDE, _FULL_QUALITY)


def _names(folder: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for below in os.scandir(folder):
            if below.is_dir(follow_symlinks=False):
                found = (f"{below.name}/{file.name}" for file in os.scandir(below.path))
                # What else is there is not ours to show, and not ours to remove.
                yield from (name for name in found if _THUMBNAIL.fullmatch(name))
