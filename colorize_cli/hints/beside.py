"""Which hint files belong to which photo: by their names alone, so that a folder's listing is enough."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

_HINTS = re.compile(r"\.hints\.(json|png)$", re.IGNORECASE)
_PAGE = re.compile(r"\.page-\d+$")

Subjects = dict[str, tuple[str, ...]]  # "aunt" or "book.page-2" or "book" -> names of hint files


def is_hint_file(name: str) -> bool:
    """Whether a file says colours of a photo instead of being one."""
    return _HINTS.search(name) is not None


def subjects_of(names: Iterable[str]) -> Subjects:
    """The hint files among a folder's names, by what they are about; those of pages also by the whole."""
    found: dict[str, list[str]] = {}
    for name in sorted(filter(is_hint_file, names)):
        subject = _subject(name)
        for key in {subject, _PAGE.sub("", subject)}:
            found.setdefault(key, []).append(name)
    return {subject: tuple(files) for subject, files in found.items()}


def hints_of(photo: str, subjects: Subjects) -> tuple[str, ...]:
    """The names of all hint files of a photo and its pages, given the photo's name."""
    if not subjects:
        return ()
    stem = os.path.splitext(photo)[0]  # noqa: PTH122
    return tuple(dict.fromkeys(subjects.get(photo, ()) + subjects.get(stem, ())))


def hints_of_page(photo: str, page: int | None, files: tuple[str, ...]) -> tuple[str, ...]:
    """Of a photo's hint files those that are used; `page` counts from 1, None where there is only one.

    As with the names of pictures, `aunt.jpg` has `aunt.hints.json`, or `aunt.jpg.hints.json`, which then
    counts alone; page 2 of `book.tif` has `book.page-2.hints.json`. Without a page the first is meant.
    """
    stem = os.path.splitext(photo)[0]  # noqa: PTH122
    pages = [""] if page is None else [f".page-{page}", *([""] if page == 1 else [])]
    for subject in (whole + part for part in pages for whole in (photo, stem)):
        if chosen := tuple(file for file in files if _subject(file) == subject):
            return chosen
    return ()


def strays(photos: Iterable[str], subjects: Subjects) -> list[str]:
    """The hint files that belong to no photo of their folder, most likely misspelt."""
    known = {file for photo in photos for file in hints_of(photo, subjects)} if subjects else set()
    return sorted({file for files in subjects.values() for file in files} - known)


def _subject(name: str) -> str:
    return _HINTS.sub("", name)
