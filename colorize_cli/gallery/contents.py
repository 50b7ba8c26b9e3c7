"""What the page shows, from the manifest: photos in order, their pictures, and where these are."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from colorize_cli.gallery.thumbnails import PLACE, PictureFile, Thumbnails
from colorize_cli.image.formats import READABLE
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Entry, Picture
from colorize_cli.settings import UNCERTAINTY

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Variant:
    """A picture that can be chosen, and where it is, relative to the output folder."""

    made: Picture
    path: str
    file: PictureFile


@dataclass(frozen=True, slots=True)
class GalleryPhoto:
    """A photo of the manifest with its scan and the variants that are there."""

    entry: Entry
    scan: Path
    original: PictureFile
    variants: tuple[Variant, ...]

    @property
    def files(self) -> tuple[PictureFile, ...]:
        """All pictures that need a thumbnail."""
        return (self.original, *(variant.file for variant in self.variants))


def gallery_photos(root: Path, manifest: Manifest) -> list[GalleryPhoto]:
    """The photos that have been coloured, by folder and name as people count: 2 before 10."""
    photos = [_photo(root, entry) for entry in manifest.entries() if entry.variants]
    return sorted(photos, key=lambda photo: _order(photo.entry.target))


def _photo(root: Path, entry: Entry) -> GalleryPhoto:
    scan = Path(os.path.normpath(root / entry.source.path))
    variants = tuple(_variants(root, entry))
    return GalleryPhoto(entry, scan, PictureFile(scan, entry.source.sha256, entry.source.page), variants)


def _variants(root: Path, entry: Entry) -> Iterator[Variant]:
    for _, made in sorted(entry.variants.items()):
        path = entry.path(made)
        # A manifest is a file like any other; nothing outside of the folder is a picture of it.
        if path is not None and not Path(path).is_absolute() and ".." not in Path(path).parts:
            yield Variant(made, path, PictureFile(root / path, made.sha256))


def _order(target: str) -> tuple[list[object], list[object]]:
    folder, name = os.path.split(target)
    return _natural(folder), _natural(name)


def _natural(text: str) -> list[object]:
    parts = _DIGITS.split(text.casefold())
    return [int(part) if part.isdecimal() and i % 2 else part for i, part in enumerate(parts)]


def record(
    photo: GalleryPhoto, thumbnails: Thumbnails, scan_url: Callable[[GalleryPhoto], str]
) -> dict[str, Any]:
    """A photo as the page's scripts know it; addresses are relative to the page."""
    entry, target = photo.entry, photo.entry.target
    folder, name = os.path.split(target)
    size = next((size for file in photo.files if (size := thumbnails.size(file))), (4, 3))
    found: dict[str, Any] = {
        "photo": target,
        "folder": folder,
        "name": name,
        "page": entry.source.page,
        "source": entry.source.path,
        "aspect": round(size[0] / size[1], 3),
        "original": _original(photo, thumbnails, scan_url),
        "variants": [_variant(variant, thumbnails) for variant in photo.variants],
        "picked": None if entry.pick is None else entry.pick.variant,
    }
    if entry.pale_skin is not None:
        found["pale_skin"] = entry.pale_skin
    drawn = entry.pictures.get(UNCERTAINTY)
    return found if drawn is None else found | {"uncertainty": drawn.uncertainty}


def _original(photo: GalleryPhoto, thumbnails: Thumbnails, scan_url: Callable[[GalleryPhoto], str]) -> Any:
    file = photo.original
    if file.thumbnail not in thumbnails.known:
        return None
    copy = file.full in thumbnails.known
    return {"thumb": _thumb(file.thumbnail), "full": _thumb(file.full) if copy else scan_url(photo)}


def _variant(variant: Variant, thumbnails: Thumbnails) -> dict[str, Any]:
    file, made = variant.file, variant.made
    there = file.thumbnail in thumbnails.known and _has_size(file.path, made.size)
    fmt = READABLE.get(Path(variant.path).suffix.lower())
    # Of what a browser does not show there is a copy beside the thumbnail.
    full = address(variant.path) if fmt and fmt.media_type else _thumb(file.full)
    found: dict[str, Any] = {
        "variant": made.kind,
        "name": os.path.basename(variant.path),  # noqa: PTH119
        "sha256": made.sha256,
        "thumb": _thumb(file.thumbnail) if there else None,
        "full": full if there else None,
    }
    return found if made.standing is None else found | {"weight": made.standing.weight}


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.lstat().st_size == size
    except OSError:
        return False


def _thumb(name: str) -> str:
    return f"{PLACE}/{name}"


def address(path: str) -> str:
    """A relative path as a link: bytes that are no text, spaces, quotes and line breaks included."""
    return quote(os.fsencode(path.replace(os.sep, "/")))
