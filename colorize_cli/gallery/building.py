"""Building the gallery of an output folder: thumbnails, then one page for everything below it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colorize_cli.common.atomic import replace_file
from colorize_cli.common.ours import is_ours, require_ours
from colorize_cli.common.regular import reading
from colorize_cli.errors import NoInputError
from colorize_cli.gallery.contents import GalleryPhoto, address, gallery_photos, record
from colorize_cli.gallery.page import page
from colorize_cli.gallery.thumbnails import Thumbnails
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.own_folder import OwnFolder
from colorize_cli.output.picks import PICKS, Choice, read_picks

PAGE = "gallery.html"
# Pages of version 0.1.0 say it in their titles only.
_OURS = re.compile(rb'<meta name="generator" content="colorize">|\xc2\xb7 colorize</title>')


@dataclass(frozen=True)
class Gallery:
    """The gallery of an output folder: its page, its photos in order, and how many thumbnails were new."""

    root: Path
    photos: list[GalleryPhoto] = field(repr=False)
    thumbnails: Thumbnails = field(repr=False)
    made: int

    @property
    def path(self) -> Path:
        """Of the page, once it is written."""
        return self.root / PAGE

    def html(self, picks: dict[str, Choice], scan_url: Callable[[GalleryPhoto], str], **about: object) -> str:
        """The page with the choices made so far; `scan_url` says where a browser finds a scan."""
        # Choices travel with their photos, which the page is about; others stay in their file.
        here = {photo.entry.target for photo in self.photos}
        data: dict[str, Any] = {
            "id": _identity(self.root),
            "folder": self.root.resolve().name,
            "photos": [record(photo, self.thumbnails, scan_url) for photo in self.photos],
            "picks": [choice.written() for choice in picks.values() if choice.photo in here],
        }
        return page(data | about, f"{data['folder']} · colorize")

    def write(self) -> None:
        """Write the page for a browser without a server; OutputError if it cannot be, or is not ours."""
        require_place(self.root)
        text = self.html(picks_of(self.root), lambda photo: address(photo.entry.source.path))
        replace_file(self.path, text.encode("utf-8", "replace"))


def has_page(root: Path) -> bool:
    """Whether an output folder has a page that we have written."""
    return is_ours(root / PAGE, _OURS)


def require_place(root: Path) -> None:
    """OutputError if the place of the page is taken by something else."""
    require_ours(root / PAGE, _OURS, "gallery")


def build(
    root: Path, begin: Callable[[int], None] = lambda _: None, done: Callable[[], None] = lambda: None
) -> Gallery:
    """Make the thumbnails that are missing; the page itself is written by `Gallery.write`.

    `begin` hears how many are missing, `done` is called after each. NoInputError where nothing was coloured.
    """
    manifest = Manifest(str(root))
    try:
        photos = gallery_photos(root, manifest)
    finally:
        manifest.close()
    if not photos:
        raise NoInputError(_nothing(root))
    thumbnails = Thumbnails(root)
    files = [file for photo in photos for file in photo.files]
    begin(sum(file.thumbnail not in thumbnails.known for file in files))
    made = thumbnails.make(files, done)
    thumbnails.prune(files)
    return Gallery(root, photos, thumbnails, made)


def picks_of(root: Path) -> dict[str, Choice]:
    """The choices that are saved in an output folder, if any; NoInputError if their file is damaged."""
    path = root / PICKS
    return read_picks(path) if path.exists() else {}


def _nothing(root: Path) -> str:
    beside = root.resolve().with_name(root.resolve().name + "-colorized")
    hint = f" Did you mean {beside}?" if Manifest(str(beside)) else " Name the folder that a run wrote to."
    return f"{root}: no pictures of colorize there.{hint}"


def _identity(root: Path) -> str:
    """What the browser keeps this folder's choices under; it goes where the folder goes."""
    path = OwnFolder(root).make("gallery") / "id"
    try:
        with reading(path) as file:
            name = file.read(100).decode("ascii").strip()
        if name.isalnum():
            return name
    except (OSError, ValueError):
        pass
    name = secrets.token_hex(8)
    replace_file(path, name.encode())
    return name
