"""The size of a picture from its header, without decoding it."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image

from colorize_cli.common.regular import reading
from colorize_cli.image.formats import READABLE


def pixels_of(path: Path) -> int:
    """Pixels of the picture in a file, as its header has them; guessed from its size where that is not known.

    Of a TIFF it is the first page, though others may be larger.
    """
    try:
        with reading(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a run has its own limit
            with Image.open(file) as image:
                return image.width * image.height
    except Image.DecompressionBombError:
        return _MANY
    # Decoders raise what they like; the photo fails later, under its own name.
    except Exception:
        return _guessed(path)


_MANY = 2**31  # more than is ever in flight: such a picture goes alone


def _guessed(path: Path) -> int:
    fmt = READABLE.get(path.suffix.lower())
    try:
        return path.stat().st_size * (fmt.pixels_per_byte if fmt else 1)
    except OSError:
        return 0
