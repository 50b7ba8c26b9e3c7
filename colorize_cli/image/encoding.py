"""How a picture is to be written, and what was written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FORMATS = ("jpeg", "png", "tiff", "webp", "avif")
DEEP = ("png", "tiff")  # formats that hold 16 bits per sample


class Subsampling(StrEnum):
    """Size of a JPEG's chroma planes: half or all of the luminance's width and height."""

    HALF = "4:2:0"
    FULL = "4:4:4"


@dataclass(frozen=True)
class Encoding:
    """format is one of FORMATS; quality, 1 to 100, is for JPEG, WebP and AVIF (100: lossless WebP).

    The rest is for JPEG. lossless_luma: the scan's own luminance coefficients (`lossless`). interleaved: all
    planes in one scan, as cameras write them, not each in its own.
    """

    format: str
    quality: int = 92
    subsampling: Subsampling = Subsampling.HALF
    lossless_luma: bool = False
    interleaved: bool = False


@dataclass(frozen=True)
class Written:
    """A file that was written: its bytes and their sha256 in hex."""

    size: int
    sha256: str
