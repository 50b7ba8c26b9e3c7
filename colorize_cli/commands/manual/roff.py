"""The language of manual pages (man(7)): text in, lines of roff out."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

# As they stand in a shell: roff makes typographic quotes, hyphens and accents of the plain characters.
_NAMED = {
    "\\": r"\(rs",
    "-": r"\-",
    "'": r"\(aq",
    '"': r"\(dq",
    "`": r"\(ga",
    "^": r"\(ha",
    "~": r"\(ti",
}
_CODE = re.compile(r"`([^`]+)`|(?<![\w-])(--?[a-zA-Z0][\w-]*)")
_WIDTH = 78


def escaped(text: str) -> str:
    """Text that roff prints as it is; at the beginning of a line see `lines`."""
    return "".join(_NAMED.get(c, c if c.isascii() else f"\\[u{ord(c):04X}]") for c in text)


def bold(text: str) -> str:
    """What is typed as it stands."""
    return rf"\fB{escaped(text)}\fR"


def italic(text: str) -> str:
    """What stands for something else."""
    return rf"\fI{escaped(text)}\fR"


def prose(text: str) -> list[str]:
    """A paragraph of help: `code` and flags are bold, white space between words does not count."""
    found, end, text = "", 0, " ".join(text.split())
    for code in _CODE.finditer(text):
        found += escaped(text[end : code.start()]) + bold(code[1] or code[2])
        end = code.end()
    return lines(found + escaped(text[end:]))


def lines(roff: str) -> list[str]:
    """Roff broken into lines, none of which is taken for a request."""
    broken = textwrap.wrap(roff, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [rf"\&{line}" if line.startswith((".", "'")) else line for line in broken]


def paragraphs(text: str) -> list[str]:
    """Help of several paragraphs."""
    parts = [prose(part) for part in re.split(r"\n\s*\n", text.strip())]
    return [line for n, part in enumerate(parts) for line in ([".PP"] if n else []) + part]


def tagged(rows: Iterable[tuple[str, str]]) -> list[str]:
    """A list of terms, which are roff already, and what is said of each."""
    return [line for term, text in rows for line in (".TP", term, *prose(text))]
