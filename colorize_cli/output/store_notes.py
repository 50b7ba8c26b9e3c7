"""The manifest of an output folder in a store: for each folder objects that are written once and whole.

`.colorize/manifest-lines/FOLDER/RUN-NUMBER.jsonl` holds lines of the manifest as output/manifest.py has them,
and lines of its own that say which photos are finished. Nobody writes to an object of another run, so runs at
the same time lose nothing of each other; all objects of a folder together are its manifest.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from colorize_cli.common.store import Store
from colorize_cli.output.entries import parsed
from colorize_cli.output.manifest import NAME
from colorize_cli.output.own_folder import FOLDER

_VERSION = "finished-1"  # another one than those of the manifest, whose readers skip it


def new_run() -> str:
    """A name for the objects of one run; later ones come later."""
    return f"{time.time_ns():020d}-{secrets.token_hex(4)}"


class StoreNotes:
    """What is known of one folder of the output folder `store`; `key` of a name: what it is looked up by."""

    def __init__(self, store: Store, place: str, run: str, key: Callable[[str], str]) -> None:
        self._store, self._run, self._key = store, run, key
        digest = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()
        self._folder = f"{FOLDER}/manifest-lines/{digest[:16]}"
        self._own: list[tuple[str, list[bytes]]] = []  # objects of this run
        self._lines: dict[str, list[bytes]] = {}
        self.finished: set[str] = set()
        for found in store.listing(self._folder)[0]:
            self._take(store.read(f"{self._folder}/{found.name}").splitlines())

    def lines(self, keys: Iterable[str]) -> list[bytes]:
        """The lines of the manifest about the photos that have these keys."""
        return [line for key in keys for line in self._lines.get(key, [])]

    def add(self, lines: list[bytes], finished: Iterable[str] = ()) -> None:
        """Keep lines, and what is finished by its digest, in an object of their own."""
        done = [json.dumps({"v": _VERSION, "finished": digest}).encode() for digest in finished]
        if not lines and not done:
            return
        name = f"{self._folder}/{self._run}-{len(self._own):06d}.jsonl"
        self._write(name, [*lines, *done])
        self._own.append((name, [*lines, *done]))
        self._take([*lines, *done])

    def close(self) -> None:
        """Put the objects of this run together to one."""
        if len(self._own) > 1:
            self._write(
                f"{self._folder}/{self._run}.jsonl", [line for _, lines in self._own for line in lines]
            )
            for name, _ in self._own:
                self._store.remove(name)
        self._own = []

    def _write(self, name: str, lines: list[bytes]) -> None:
        self._store.write(name, b"\n".join(lines) + b"\n")

    def _take(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            if (record := parsed(line)) is not None:
                key = self._key(PurePosixPath(record["target"]).name)
                self._lines.setdefault(key, []).append(line)
            elif (digest := _finished(line)) is not None:
                self.finished.add(digest)


def _finished(line: bytes) -> str | None:
    try:
        record = json.loads(line)
        return str(record["finished"]) if record["v"] == _VERSION else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def put_manifest(root: Path, lines: list[bytes]) -> None:
    """Give a folder of this computer the manifest that the lines are."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(b"".join(line + b"\n" for line in lines))


def manifest_since(root: Path, lines: list[bytes]) -> list[bytes]:
    """The lines that a run has added to it since."""
    return (root / FOLDER / NAME).read_bytes().splitlines()[len(lines) :]
