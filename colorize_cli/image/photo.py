"""A photo as it was scanned: its grey, what travels with it, and what was odd about the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Samples of 8 or 16 bits: one plane (H,W), or colours (H,W,3 or 4).
Grey = NDArray[np.uint8] | NDArray[np.uint16]
Pixels = Grey


@dataclass(frozen=True)
class Metadata:
    """Raw blocks that travel from the scan to the picture; None where the scan has none.

    exif: a TIFF structure without the "Exif" prefix, upright, its thumbnail dropped; icc, xmp: as
    found, XMP in one piece; dpi: (across, down); iptc: IIM datasets; photoshop: the image resources
    but for IPTC; texts: JPEG comments and PNG texts by keyword, "Comment" for the former.
    """

    exif: bytes | None = None
    icc: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    iptc: bytes | None = None
    photoshop: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Photo:
    """One scan, upright.

    luma, alpha: (H,W), both uint8 or both uint16; luma is grey as metadata.icc encodes it, in sRGB
    where there is no profile, for a JPEG the scan's own Y plane. format: a name of `formats.FORMATS`.
    digest: sha256 of the file, hex. chroma: colour that no single tone explains
    (`already_colour.photo_chroma`), 0 for a grey scan. jpeg: the file's bytes if it is one.
    """

    path: Path
    luma: Grey
    alpha: Grey | None
    format: str
    metadata: Metadata
    digest: str
    chroma: float
    warnings: tuple[str, ...] = field(default=())
    jpeg: bytes | None = field(default=None, repr=False)

    @property
    def depth(self) -> int:
        """Bits per sample, 8 or 16."""
        return self.luma.dtype.itemsize * 8
