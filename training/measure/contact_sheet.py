"""Contact sheets: one row per photo, grey, its variants and, where it is known, the truth."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.errors import NoInputError, OutputError, UsageError
from colorize_cli.image.colour.rgb import colour_picture

from ..data.photo import grey_of
from ..data.sources import Item
from .harness import Sample, open_photo
from .methods import Method

_GAP = 4  # pixels of white between pictures
_LABEL = 16  # pixels of white for the file name under a row
_LONGEST = 65_000  # pixels; JPEG ends at 65,535


def _cells(
    method: Method, photo: Sample, variants: int, seed: int, truth: bool, height: int
) -> list[NDArray[np.uint8]]:
    """The pictures of a row, left to right, each (height,w,3) RGB."""
    fields = method.fields([photo.grey], [photo.key], variants, seed)[0]
    width = max(1, round(photo.rgb.shape[1] * height / photo.rgb.shape[0]))
    how = cv2.INTER_AREA if height < photo.rgb.shape[0] else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(photo.rgb, (width, height), interpolation=how), np.uint8)
    grey = grey_of(small)
    coloured = [np.asarray(colour_picture(grey, field), np.uint8) for field in fields]
    cells = [np.repeat(grey[:, :, None], 3, axis=2), *coloured]
    return [*cells, small] if truth else cells


def _row(cells: list[NDArray[np.uint8]], name: str) -> NDArray[np.uint8]:
    """Cells side by side over the photo's name, (height + label, w, 3)."""
    padded = [cv2.copyMakeBorder(c, 0, 0, 0, _GAP, cv2.BORDER_CONSTANT, value=(255,) * 3) for c in cells]
    row = cv2.copyMakeBorder(np.hstack(padded), 0, _LABEL, 0, 0, cv2.BORDER_CONSTANT, value=(255,) * 3)
    # The fonts of OpenCV are ASCII.
    text = name.encode("ascii", "replace").decode()
    place = (2, row.shape[0] - 4)
    cv2.putText(row, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    return np.asarray(row, np.uint8)


def _stack(rows: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(r, ((0, 0), (0, width - r.shape[1]), (0, 0)), constant_values=255) for r in rows]
    return np.vstack(padded)


def _save(sheet: NDArray[np.uint8], out: Path) -> None:
    done, data = cv2.imencode(out.suffix, np.ascontiguousarray(sheet[:, :, ::-1]))
    if not done:
        raise OutputError(f"{out}: the contact sheet could not be encoded.")
    try:
        out.write_bytes(data.tobytes())
    except OSError as error:
        raise OutputError(f"{out}: the contact sheet cannot be written ({error}).") from error


def contact_sheet(
    method: Method,
    items: list[Item],
    out: Path,
    variants: int = 5,
    truth: bool = True,
    height: int = 160,
    seed: int = 0,
) -> list[Item]:
    """Save rows of grey | variants | truth as JPEG or PNG; returns the photos that are unreadable.

    `height` is that of each picture in pixels. Raises UsageError for another suffix or more photos
    than fit, NoInputError if no photo can be read, OutputError if `out` cannot be written.
    """
    if out.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise UsageError(f"{out}: a contact sheet is saved as .jpg or .png.")
    most = _LONGEST // (height + _LABEL)
    if len(items) > most:
        raise UsageError(
            f"{len(items)} photos do not fit on a contact sheet of height {height}: at most {most}."
        )
    rows, unread = [], []
    for item in items:
        photo = open_photo(item)
        if photo is None:
            unread.append(item)
            continue
        cells = _cells(method, photo, variants, seed, truth, height)
        rows.append(_row(cells, item.name or item.container.name))
    if not rows:
        raise NoInputError("None of the photos for the contact sheet can be read.")
    _save(_stack(rows), out)
    return unread
