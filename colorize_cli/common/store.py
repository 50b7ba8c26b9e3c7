"""Folders in object stores (S3 and others) and on this computer, by fsspec: listed, fetched, put whole."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from colorize_cli.common.installing import install_command
from colorize_cli.errors import ColorizeError, NoInputError, UsageError

_URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):/+(.+)")
_PASSWORD = re.compile(r"[^/@]*:[^/@]*@")
_ETAGS = ("ETag", "etag", "content_md5", "md5Hash", "crc32c")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")


def store_url(path: Path) -> str | None:
    """The address that a path of the command line is, as it was typed; None for a path of this computer.

    A `Path` has lost a slash of it: `s3:/scans`. UsageError for one with a password in it.
    """
    found = _URL.fullmatch(str(path))
    if found is None or os.path.lexists(path):
        return None
    scheme, rest = found.groups()
    if _PASSWORD.match(rest):
        raise UsageError(
            f"{scheme}://…: a password does not belong into an address, where all can read it. Give "
            "credentials as the store's own tools take them: environment, profile or role."
        )
    return f"{scheme}://{rest}"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a listing; etag: what the store says of its content, "" for nothing."""

    name: str  # without folder
    size: int
    mtime_ns: int
    etag: str


class Store:
    """A folder in a store, or of this computer; paths below it are relative, with slashes.

    Nothing is cached, nothing is kept open. Whatever a store's library raises becomes a `failure`.
    """

    def __init__(self, address: str, failure: type[ColorizeError]) -> None:
        self._failure = failure
        scheme = address.split("://")[0] if "://" in address else "file"
        if "://" in address and scheme in ("file", "local"):
            raise UsageError(f"{address}: a folder of this computer; name it without {scheme}://.")
        try:
            from fsspec.core import url_to_fs

            plain = address if "://" in address else os.path.abspath(address)  # noqa: PTH100
            self._fs, root = url_to_fs(plain, use_listings_cache=False, skip_instance_cache=True)
        except (ImportError, ValueError) as error:
            raise UsageError(
                f"{address}: no store that can be reached here ({error}). For s3://: "
                f"{install_command('cloud')}; for others see fsspec's list of file systems."
            ) from error
        self.protocol, self.root = scheme, str(root).rstrip("/")
        self.address = address.rstrip("/") + "/"

    @property
    def mirror(self) -> PurePosixPath:
        """Where it is below a folder that stands for all stores; what is true of paths stays true there."""
        return PurePosixPath(self.protocol, *self._parts(self.root.lstrip("/")))

    def listing(self, place: str = "") -> tuple[list[StoredObject], list[str]]:
        """The objects of a folder and the names of its sub-folders, in order; a missing one has none."""
        path = self._path(place)
        with self._errors(place, "listed"):
            try:
                infos = self._fs.ls(path, detail=True)
            except FileNotFoundError:
                infos = []
        objects, folders = [], []
        for info in infos:
            name = str(info["name"]).rstrip("/")
            if not name.startswith(f"{path}/") or not _is_plain(own := name[len(path) + 1 :]):
                continue  # the folder's own mark, or a key that is no file name
            if info["type"] == "directory":
                folders.append(own)
            elif info["type"] == "file" and not info.get("islink"):
                objects.append(_object(own, info))
        return sorted(objects, key=lambda found: found.name), sorted(folders)

    def require(self) -> None:
        """NoInputError if there is no such folder."""
        with self._errors("", "listed"):
            if not self._fs.isdir(self.root):
                raise NoInputError(f"{self.address}: no such folder or bucket.")

    def look(self, path: str) -> StoredObject | None:
        """One object as it is now; None if there is none."""
        with self._errors(path, "looked at"):
            try:
                return _object(PurePosixPath(path).name, self._fs.info(self._path(path)))
            except FileNotFoundError:
                return None

    def fetch(self, path: str, place: Path) -> None:
        """Copy an object to a file, whose folder is made."""
        place.parent.mkdir(parents=True, exist_ok=True)
        with self._errors(path, "read"):
            self._fs.get_file(self._path(path), str(place))

    def put(self, place: Path, path: str) -> None:
        """Copy a file to an object, which is there whole or not at all."""
        with self._errors(path, "written"):
            self._fs.put_file(str(place), self._path(path))

    def read(self, path: str) -> bytes:
        """What is in a small object."""
        with self._errors(path, "read"):
            return bytes(self._fs.cat_file(self._path(path)))

    def write(self, path: str, data: bytes) -> None:
        """A small object with this content, whole or not at all."""
        with self._errors(path, "written"):
            self._fs.pipe_file(self._path(path), data)

    def remove(self, path: str) -> None:
        """Take an object away."""
        with self._errors(path, "removed"):
            self._fs.rm_file(self._path(path))

    def _path(self, below: str) -> str:
        return f"{self.root}/{below}" if below else self.root

    @staticmethod
    def _parts(path: str) -> tuple[str, ...]:
        return tuple(part for part in path.split("/") if _is_plain(part))

    @contextlib.contextmanager
    def _errors(self, below: str, done: str) -> Iterator[None]:
        try:
            yield
        except ColorizeError:
            raise
        except Exception as error:  # every store's library has its own kinds
            reason = str(error).strip() or type(error).__name__
            raise self._failure(f"{self.address}{below}: cannot be {done} ({reason})") from error


def _is_plain(name: str) -> bool:
    """Whether a part of a key is the name of a file, here, too."""
    return name not in ("", ".", "..") and not re.search(r"[/\\\0]", name)


def _object(name: str, info: dict[str, Any]) -> StoredObject:
    etag = next((str(info[key]) for key in _ETAGS if info.get(key)), "")
    time = next((info[key] for key in _TIMES if info.get(key)), 0)
    return StoredObject(name, int(info["size"] or 0), _nanoseconds(time), etag)


def _nanoseconds(time: object) -> int:
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    seconds = time.timestamp() if isinstance(time, datetime) else float(time)  # type: ignore[arg-type]
    return int(seconds) * 1_000_000_000  # listing and look may differ in what is below
