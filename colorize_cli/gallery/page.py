"""The page: one HTML file with its styles, scripts and data inside, that asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from functools import cache
from importlib import resources
from typing import Any

_SCRIPTS = (
    "store.js",
    "listing.js",
    "cells.js",
    "rows.js",
    "stage.js",
    "zoom.js",
    "notes.js",
    "hints.js",
    "marks.js",
    "keys.js",
    "main.js",
)


def page(data: dict[str, Any], title: str) -> str:
    """The gallery of `data` (see `building`), whatever texts it holds.

    A policy in its head allows its own two blocks of code and style, pictures, and its own server.
    """
    style, script = _part("gallery.css"), _script()
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src 'self' file: data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    filled = {
        "policy": html.escape(policy),
        "title": html.escape(title),
        "style": style,
        "data": _data(data),
        "script": script,
    }
    # In one pass: what is filled in may itself look like a place to be filled.
    return re.sub(r"{{(\w+)}}", lambda place: filled[place[1]], _part("gallery.html"))


def _data(data: dict[str, Any]) -> str:
    """JSON that no HTML parser takes for its own: neither `</script>` nor `<!--` can stand in it."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


@cache
def _script() -> str:
    return '"use strict";\n(() => {\n' + "\n".join(_part(name) for name in _SCRIPTS) + "\n})();\n"


@cache
def _part(name: str) -> str:
    return resources.files("colorize_cli.gallery").joinpath("page", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
