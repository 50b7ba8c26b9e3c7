"""picks.json: which variant a person has chosen of each photo. The schema is in docs/choosing.md."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorize_cli.common.atomic import replace_file
from colorize_cli.common.regular import reading
from colorize_cli.errors import NoInputError

PICKS = "picks.json"
_VERSION = 1
_LONGEST_NOTE = 10_000


@dataclass(frozen=True)
class Choice:
    """What was said of one photo.

    photo: target of its pictures, as in the manifest; variant: 0 for "none is good", None while
    undecided; sha256: of the picture that was chosen; at: when, ISO 8601.
    """

    photo: str
    page: int | None = None
    variant: int | None = None
    note: str = ""
    sha256: str | None = None
    at: str | None = None

    def written(self) -> dict[str, object]:
        """The choice as it stands in the file: `variant` null for none, missing while undecided."""
        record: dict[str, object] = {"photo": self.photo, "page": self.page}
        if self.variant is not None:
            record["variant"] = self.variant or None
        if self.note:
            record["note"] = self.note
        if self.sha256:
            record["sha256"] = self.sha256
        return record | ({"at": self.at} if self.at else {})


def parsed_choice(record: Any) -> Choice:
    """A choice of the file or of a browser; ValueError that says what is wrong with it."""
    if not isinstance(record, dict) or not isinstance(record.get("photo"), str):
        raise ValueError("a pick needs the name of its photo")
    variant, page = record.get("variant"), record.get("page")
    if variant is not None and not _is_number(variant):
        raise ValueError(f"the variant of {record['photo']} is no number from 1")
    if page is not None and not _is_number(page):
        raise ValueError(f"the page of {record['photo']} is no number from 1")
    texts = [record.get(key) or None for key in ("note", "sha256", "at")]
    if not all(text is None or (isinstance(text, str) and len(text) <= _LONGEST_NOTE) for text in texts):
        raise ValueError(f"note, sha256 and at of {record['photo']} must be texts that are not too long")
    decided = (variant or 0) if "variant" in record else None
    return Choice(record["photo"], page, decided, texts[0] or "", texts[1], texts[2])


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 1_000_000


def read_picks(path: Path) -> dict[str, Choice]:
    """The choices of a file by photo, later ones first in authority; NoInputError where it cannot be used."""
    try:
        with reading(path) as file:
            found = json.loads(file.read())
        if not isinstance(found, dict) or not isinstance(found.get("picks"), list):
            raise ValueError("it holds no picks")
        if found.get("version") != _VERSION:
            raise ValueError(f"it is of version {found.get('version')}, not {_VERSION}")
        choices = [parsed_choice(record) for record in found["picks"]]
    except OSError as error:
        raise NoInputError(f"{path}: the picks cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise NoInputError(
            f"{path}: not a file of picks ({error}). Export it again from the gallery."
        ) from error
    return {choice.photo: choice for choice in choices}


def write_picks(path: Path, choices: Iterable[Choice]) -> None:
    """Write the file whole: it is the old one or the new one at any moment. OutputError if it cannot be."""
    records = ",\n".join(json.dumps(choice.written()) for choice in choices)
    text = f'{{"version": {_VERSION}, "picks": [\n{records}\n]}}\n'
    replace_file(path, text.encode(), durable=True)
