"""Text for people, whatever file names and labels it holds."""

import re

# Control characters, which move a terminal's cursor or set its title, those that turn the direction of
# writing, and line ends: a name shall not write lines of its own.
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def counted(number: int, thing: str) -> str:
    """ "1 photo", "2 photos"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def printable(text: str, *, lines: bool = False) -> str:
    """The text as any stream takes it and no terminal obeys it; with `lines` it may have several."""
    if lines:
        return "\n".join(map(printable, text.split("\n")))
    visible = _ACTIVE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return visible.encode("utf-8", "backslashreplace").decode()
