"""From the records of a manifest to what is known of a photo; edited into nonsense, a line is lost."""

from __future__ import annotations

import json
import math
import os
import re
from typing import Any

from colorize_cli.output.records import Entry, Pick, Picture, Source, Standing, kind_of
from colorize_cli.settings import OutputKind

VERSION = 1
_MOST = 1_000_000  # pages, variants
_DIGEST = re.compile(r"[0-9A-Za-z]{1,128}")


def parsed(line: bytes) -> dict[str, Any] | None:
    """A record, or None for what was torn, damaged or written by a later version."""
    try:
        record = json.loads(line)
        known = isinstance(record, dict) and record["v"] == VERSION
        return record if known and "source" in record and _path(record["target"]) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def revision_of(record: dict[str, Any]) -> int:
    """How often a run has corrected what another file says; a number that makes no sense is none."""
    found = record.get("rev", 0)
    return found if type(found) is int and 0 <= found < _MOST else 0


def joined(target: str, records: list[dict[str, Any]]) -> tuple[Entry | None, int]:
    """What is known, and how many records make no sense.

    Later lines count; pictures that they do not name stay known.
    """
    pictures: dict[OutputKind, Picture] = {}
    source, left_out, pick, pale, wrong = None, None, None, None, 0
    for record in records:
        try:
            found = _source(record["source"])
            said = _optional_text(record.get("left_out"))
            made = _pictures(record, found)
            # Without a count, the first variant is that of an older version.
            counted = _count(record.get("pale_skin")) if "pale_skin" in record or 1 in made else pale
            # Pictures that were made later are not those that were chosen from.
            chosen = _pick(record["pick"]) if "pick" in record else None if "made" in record else pick
        except (TypeError, KeyError, ValueError, AttributeError):
            wrong += 1
            continue
        source, left_out, pick, pale = found, said, chosen, counted
        pictures |= made
    return (None if source is None else Entry(target, source, pictures, left_out, pick, pale)), wrong


def _source(found: Any) -> Source:
    source = Source(**found)
    _path(source.path)
    for number in (source.size, source.mtime_ns):
        _require(type(number) is int)
    _require(source.sha256 == "" or _is_digest(source.sha256))
    _require(source.page is None or (type(source.page) is int and 1 <= source.page < _MOST))
    return source


def _pictures(record: dict[str, Any], source: Source) -> dict[OutputKind, Picture]:
    recipe, weights = (_text(record.get(key, "")) for key in ("recipe", "weights"))
    made = (_picture(dict(one), recipe, weights, source.sha256) for one in record.get("made", []))
    return {picture.kind: picture for picture in made}


def _picture(found: dict[str, Any], recipe: str, weights: str, source_sha256: str) -> Picture:
    if standing := found.get("standing"):
        found["standing"] = Standing(**standing)
        for number in standing.values():
            _number(number)
    if found.get("uncertainty") is not None:
        _number(found["uncertainty"])
    variant = found.pop("variant")
    _require(type(variant) is int and 0 <= variant < _MOST)
    picture = Picture(
        kind=kind_of(variant), recipe=recipe, weights=weights, source_sha256=source_sha256, **found
    )
    _require(os.path.basename(_path(picture.name)) == picture.name)  # noqa: PTH119
    _require(picture.name not in (os.curdir, os.pardir))
    _require(type(picture.size) is int and _is_digest(picture.sha256))
    return picture


def _pick(found: dict[str, Any] | None) -> Pick | None:
    if found is None:
        return None
    paths = {kind_of(number): path for number, path in found["paths"].items()}
    for path in paths.values():
        _require(path is None or bool(_path(path)))
    variant = found["variant"]
    _require(type(variant) is int and 0 <= variant < _MOST)
    return Pick(variant, paths)


def _path(value: Any) -> str:
    """A text that can name a file."""
    _require(bool(_text(value)) and "\0" not in value)
    os.fsencode(value)
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _count(value: Any) -> int | None:
    _require(value is None or (type(value) is int and 0 <= value < _MOST))
    return value if value is None else int(value)


def _number(value: Any) -> None:
    _require(isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value))


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _require(true: bool) -> None:
    if not true:
        raise ValueError("a field makes no sense")
