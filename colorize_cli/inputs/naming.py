"""Names of outputs: every photo has its own, decided before work starts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from colorize_cli.hints.beside import hints_of_page
from colorize_cli.image.formats import FORMATS, READABLE, Format
from colorize_cli.image.tiff.pages import count_pages
from colorize_cli.inputs.output_names import output_name
from colorize_cli.inputs.walk import InputFile
from colorize_cli.settings import OutputKind

_Part = tuple[InputFile, int | None, str]  # a photo, its page, and the name that would be its own


@dataclass(frozen=True, slots=True)
class InputPhoto:
    """A photo, or one page of a TIFF, and the name of its outputs.

    target: folder and stem below `root`; format and suffix are those of the outputs.
    """

    path: str
    page: int | None  # from 1; None where there is only one
    root: str
    target: str
    format: Format
    suffix: str
    hints: tuple[str, ...] = ()  # paths of its files of hints
    digits: int = 1  # in the numbers of its variants

    def name(self, kind: OutputKind) -> str:
        """File name of an output, without folder."""
        stem = os.path.basename(self.target)  # noqa: PTH119
        return output_name(stem, kind, self.suffix, self.digits)


class KnownNames(Protocol):
    """The names that pictures have already in the output folders."""

    def has(self, root: str, target: str) -> bool:
        """Whether some photo's pictures have this name."""

    def of(self, photo: InputFile, page: int | None) -> str | None:
        """The name of this photo's pictures, if there are any."""


def name_photos(
    photos: Iterable[InputFile],
    wanted: Format,
    pages: tuple[int, ...] = (),
    known: KnownNames | None = None,
) -> Iterator[InputPhoto]:
    """Give every photo and page a name of its own: that which its pictures have already, if it is `known`.

    Else its own name. Photos that would share names keep their suffix: `a.jpg`, `a.png` become `a.jpg.*` and
    `a.png.*`; where that is not enough they are numbered in their order.
    """
    parts = [part for photo in photos for part in _parts(photo, pages)]
    shared = Counter(_fold(photo.root, target) for photo, _, target in parts)
    kept = _kept(parts, shared, known) if known is not None else {}
    taken = {_fold(parts[i][0].root, target) for i, target in kept.items()}
    for i, (photo, page, wish) in enumerate(parts):
        target = kept.get(i, wish)
        if i not in kept and (shared[_fold(photo.root, wish)] > 1 or _fold(photo.root, wish) in taken):
            base, count = wish + _suffix(photo.path), 1
            target = base
            while _fold(photo.root, target) in taken or shared[_fold(photo.root, target)]:
                count += 1
                target = f"{base}~{count}"
            taken.add(_fold(photo.root, target))
        hints = _hints(photo, page) if photo.hints else ()
        yield InputPhoto(photo.path, page, photo.root, target, *_format(photo.path, wanted), hints)


def _kept(parts: list[_Part], shared: Counter[str], known: KnownNames) -> dict[int, str]:
    """The names that pictures have already, by the place of their photo, where its own name may not be it."""
    found: dict[int, str] = {}
    for i, (photo, page, wish) in enumerate(parts):
        if shared[_fold(photo.root, wish)] > 1 or not known.has(photo.root, wish):
            target = known.of(photo, page)
            if target is not None:
                found[i] = target
    return found


def _parts(photo: InputFile, pages: tuple[int, ...]) -> Iterator[_Part]:
    stem = os.path.splitext(os.path.basename(photo.path))[0]  # noqa: PTH119, PTH122
    target = os.path.join(photo.place, stem) if photo.place else stem  # noqa: PTH118
    count = count_pages(Path(photo.path))  # whatever its suffix says
    if count == 1:
        yield photo, None, target
        return
    for page in pages or range(1, count + 1):
        if page <= count:
            yield photo, page, f"{target}.page-{page}"


def _hints(photo: InputFile, page: int | None) -> tuple[str, ...]:
    folder, name = os.path.split(photo.path)
    return tuple(os.path.join(folder, file) for file in hints_of_page(name, page, photo.hints))  # noqa: PTH118


def _fold(root: str, target: str) -> str:
    # A file system may hold "A.jpg" and "a.jpg" for one file: macOS and Windows do.
    return os.path.normcase(os.path.join(root, target)).casefold()  # noqa: PTH118


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1]  # noqa: PTH122


def _format(path: str, wanted: Format) -> tuple[Format, str]:
    """Format and suffix of the outputs of a photo; a kind that is only read is written as PNG."""
    own = READABLE.get(_suffix(path).lower())
    same = own if own and own.written else FORMATS["png"]
    chosen = same if wanted is Format.SAME else FORMATS[wanted]
    return Format(chosen.name), _suffix(path) if chosen is own else chosen.written
