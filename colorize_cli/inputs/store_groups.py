"""A folder of a store in groups of photos: small enough to be fetched, whole as to their names."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from colorize_cli.common.store import StoredObject
from colorize_cli.hints.beside import is_hint_file
from colorize_cli.image.formats import READABLE, UNREAD
from colorize_cli.inputs.output_names import OUR_OUTPUT


@dataclass
class StoreGroup:
    """Objects whose names are the same up to the first dot, and pictures that go by that name.

    Names of pictures, and which hints are whose, are decided among these alone: they begin with the stem.
    """

    key: str
    photos: list[StoredObject] = field(default_factory=list)  # and their hints
    pictures: list[StoredObject] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Photos that can be read."""
        return sum(_is_photo(found.name) for found in self.photos)

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(found.size for found in (*self.photos, *self.pictures))

    def digest(self, settings: str) -> str:
        """Of everything that decides whether there is something to do; `settings`: the digest of those."""
        photos = [[found.name, found.size, found.mtime_ns, found.etag] for found in self.photos]
        pictures = sorted([found.name, found.size] for found in self.pictures)
        return hashlib.sha256(json.dumps([settings, photos, pictures]).encode()).hexdigest()[:32]


def key_of(name: str) -> str:
    """What the names of a group have in common; no file system here tells a from A."""
    return name.split(".")[0].casefold()


def groups_of(photos: Iterable[StoredObject], there: Iterable[StoredObject]) -> list[StoreGroup]:
    """The groups of a folder, with what is `there` where their pictures go."""
    groups: dict[str, StoreGroup] = {}
    for found in photos:
        if _matters(found.name):
            key = key_of(found.name)
            groups.setdefault(key, StoreGroup(key)).photos.append(found)
    for found in there:
        if OUR_OUTPUT.search(found.name) and (group := groups.get(key_of(found.name))):
            group.pictures.append(found)
    return list(groups.values())


def chunks_of(groups: Iterable[StoreGroup], photos: int, size: int) -> Iterator[list[StoreGroup]]:
    """Groups together as far as they have so many photos and bytes; one at least."""
    chunk: list[StoreGroup] = []
    for group in groups:
        more = [*chunk, group]
        if chunk and (sum(len(g.photos) for g in more) > photos or sum(g.size for g in more) > size):
            yield chunk
            more = [group]
        chunk = more
    if chunk:
        yield chunk


def _matters(name: str) -> bool:
    if name.startswith(".") or OUR_OUTPUT.search(name):
        return False
    return is_hint_file(name) or _is_photo(name) or _suffix(name) in UNREAD


def _is_photo(name: str) -> bool:
    return _suffix(name) in READABLE and not is_hint_file(name)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122
