"""The looks of groups, kept with the manifest: a photo that comes later is coloured like its group.

A JSON line for each group and weights, in `.colorize/looks` of the output folder, and beside it those that
shards have found. Who wants a look to be found anew deletes its line, or the file: all pictures of the group
are then made again.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorize_cli.common.atomic import output_errors
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.output.own_folder import OwnFolder
from colorize_cli.output.segments import segment_name, segments

_NAME, _VERSION = "looks", 1


class LookStore:
    """The looks that were found for the groups of an output folder with some weights (their sha256)."""

    def __init__(self, root: str, weights: str, segment: str = "") -> None:
        self._folder, self._name = OwnFolder(root), segment_name(_NAME, segment)
        self.path = self._folder.path / self._name
        self._weights = weights
        self._looks = {group: look for group, look in self._lines()}

    def get(self, group: str) -> GroupLook | None:
        """The look of a group, if it was found."""
        return self._looks.get(group)

    def digest(self, group: str | None) -> str:
        """What recipes say of a group: its name, and the digest of its look once found; "" for none."""
        if group is None:
            return ""
        look = self.get(group)
        return f"{group}:{look.digest if look else 'to be found'}"

    def add(self, group: str, look: GroupLook, photos: int) -> None:
        """Keep a look that was found in so many photos; OutputError if it cannot be written."""
        self._looks[group] = look
        about = {"v": _VERSION, "group": group, "weights": self._weights, "photos": photos}
        line = json.dumps(about | {"log_pi": _text(look.log_pi), "mu": _text(look.mu)})
        with output_errors(self.path):
            # The last run may have been killed in the middle of a line.
            self._folder.append(self._name, f"\n{line}\n".encode("ascii"))

    def _lines(self) -> list[tuple[str, GroupLook]]:
        records = (record for record in _records(self._folder) if record.get("weights") == self._weights)
        found = (_parsed(record) for record in records)
        return [entry for entry in found if entry is not None]


def add_looks(source: str, root: str) -> Iterator[str]:
    """Keep the looks of another output folder, too; yields groups that have another look in this one.

    OutputError if they cannot be read or written.
    """
    ours = _by_group(OwnFolder(root))
    for key, (look, record) in _by_group(OwnFolder(source)).items():
        if key not in ours:
            with output_errors(OwnFolder(root).path / _NAME):
                OwnFolder(root).append(_NAME, f"\n{json.dumps(record)}\n".encode("ascii"))
        elif ours[key][0].digest != look.digest:
            yield key[0]


def _by_group(folder: OwnFolder) -> dict[tuple[str, str], tuple[GroupLook, dict[str, Any]]]:
    """Looks and their records by group and weights."""
    found = ((_parsed(record), record) for record in _records(folder))
    return {(one[0], str(record["weights"])): (one[1], record) for one, record in found if one is not None}


def _records(folder: OwnFolder) -> Iterator[dict[str, Any]]:
    with output_errors(folder.path / _NAME, "read"):
        texts = [folder.read(name) for name in segments(folder, _NAME)]
    for line in b"\n".join(texts).decode("ascii", errors="replace").splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            record = json.loads(line)
            if isinstance(record, dict):
                yield record


def _parsed(record: dict[str, Any]) -> tuple[str, GroupLook] | None:
    """Group and look; None for what was torn, damaged or written by a later version."""
    try:
        if record["v"] != _VERSION or "weights" not in record:
            return None
        log_pi, mu = _array(record["log_pi"]), _array(record["mu"])
        return str(record["group"]), GroupLook(log_pi, mu.reshape(len(log_pi), -1))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _text(values: NDArray[np.float32]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def _array(text: str) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32)
