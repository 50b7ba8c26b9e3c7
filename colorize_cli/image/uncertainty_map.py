"""The map of how unsure a photo's colours are: a grey PNG of 16 bits, as large as the photo."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from colorize_cli.common.atomic import StoredFile, write_new
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.cielab import Floats
from colorize_cli.image.colour.upsample import enlarge
from colorize_cli.image.metadata.provenance import Provenance
from colorize_cli.image.photo import Metadata
from colorize_cli.image.png.writing import write_png

LEVELS = 1000  # to a unit of ΔE: what the shipped weights give ends at 55
_ROWS = 256

Texts = tuple[tuple[str, str], ...]


def write_map(
    path: Path, canvas: Canvas, spread: Floats, provenance: Provenance, *, durable: bool = False
) -> StoredFile:
    """Write a spread (h,w), a view of all of it in CIELAB units, with what it is as PNG texts.

    `path` must be new. Levels are thousandths of a unit, cut at 65.535; edges follow the photo's luminance
    as its colours do. Written as `write_new` does.
    """
    levels, texts = _levels(canvas, spread), _texts(provenance)
    return write_new(path, lambda file: _encode(file, levels, texts), durable=durable)


def _texts(provenance: Provenance) -> Texts:
    page = "" if provenance.page is None else f", page {provenance.page}"
    return (
        ("Title", "Uncertainty of colours"),
        ("Description", f"Standard deviation of colour in CIELAB units, times {LEVELS}"),
        ("Source", f"{provenance.source_name}{page}, sha256 {provenance.source_sha256}"),
        ("Comment", f"colorize {provenance.tool_version}, weights {provenance.weights_sha256}"),
    )


def _encode(file: BinaryIO, levels: NDArray[np.uint16], texts: Texts) -> None:
    strips = (levels[row : row + _ROWS, :, None] for row in range(0, len(levels), _ROWS))
    write_png(file, strips, (*levels.shape, 1), True, Metadata(texts=texts))


def _levels(canvas: Canvas, spread: Floats) -> NDArray[np.uint16]:
    """(H,W), by way of the guide's size as colours go."""
    pair = np.repeat(spread[:, :, None], 2, axis=2)
    small = canvas.upsampler(pair)[:, :, 0].clip(0, 65535 / LEVELS)
    return enlarge((small * LEVELS).round().astype(np.uint16), canvas.photo.luma.shape)
