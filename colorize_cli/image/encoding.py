"""How a picture is to be written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Subsampling(StrEnum):
    """Size of a JPEG's chroma planes: half of the luminance's width and height, or all of it."""

    HALF = "4:2:0"
    FULL = "4:4:4"


@dataclass(frozen=True)
class Encoding:
    """format: a name of `formats.WRITTEN`; quality: 1 to 100, of lossy formats (100: lossless WebP).

    The rest is for JPEG. lossless_luma: the scan's own luminance coefficients (`jpeg.lossless`).
    separate_scans: each plane in a scan of its own, the luminance coded once for all variants; not all
    planes in one, as cameras write them.
    """

    format: str
    quality: int = 92
    subsampling: Subsampling = Subsampling.HALF
    lossless_luma: bool = False
    separate_scans: bool = False
