"""How the samples of a TIFF page lie in the file and what they mean; what is not named here is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from colorize_cli.errors import PhotoError

SAVE = "save it as 8- or 16-bit grey or RGB"


class Kind(StrEnum):
    """What the colour samples of a pixel are."""

    GREY = "grey, black is 0"
    WHITE = "grey, white is 0"
    RGB = "RGB"
    PALETTE = "palette"
    CMYK = "CMYK"
    YCBCR = "YCbCr"
    CIELAB = "CIELab"
    ICCLAB = "ICCLab"


_KINDS = {
    0: Kind.WHITE,
    1: Kind.GREY,
    2: Kind.RGB,
    3: Kind.PALETTE,
    5: Kind.CMYK,
    6: Kind.YCBCR,
    8: Kind.CIELAB,
    9: Kind.ICCLAB,
}
_COLOURS = {Kind.GREY: 1, Kind.WHITE: 1, Kind.PALETTE: 1, Kind.CMYK: 4}  # samples, else 3

# The compressions that are read, by the numbers of their tag, and what people call them.
COMPRESSIONS = {
    1: "none",
    2: "CCITT RLE",
    3: "CCITT G3",
    4: "CCITT G4",
    5: "LZW",
    6: "old-style JPEG",
    7: "JPEG",
    8: "deflate",
    32946: "deflate",
    32773: "PackBits",
    34712: "JPEG 2000",
    33005: "JPEG 2000",
    34887: "LERC",
    34925: "LZMA",
    34926: "ZSTD",
    50000: "ZSTD",
    34927: "WebP",
    50001: "WebP",
}
CCITT, OLD_JPEG, JPEG, LERC = (2, 3, 4), 6, 7, 34887
DEFLATE, PACK_BITS = (8, 32946), 32773
# Codecs of pictures, which say their size themselves; the others give bytes.
PICTURES = (JPEG, 34712, 33005, LERC, 34927, 50001)
PREDICTORS = {1: "none", 2: "horizontal", 3: "floating point"}
# Compressions with which a predictor counts; with others readers pass over its tag, with PackBits some.
_PREDICTED = (5, *DEFLATE, 34925, 34926, 50000)
_UNSIGNED, _FLOAT, _UNDEFINED = 1, 3, 4
# Readers disagree about the order of bytes in samples of 24 bits.
_INTEGER_BITS, _FLOAT_BITS = (*range(1, 17), 32), (16, 32, 64)
_LAB_BITS = (8, 16)
_ASSOCIATED, _STRAIGHT = 1, 2
_INK_SET, _CMYK_INKS = 332, 1
_SUBSAMPLING, _LERC_PARAMETERS = 530, 50674


@dataclass(frozen=True)
class Layout:
    """bits: of a sample; floating: they are numbers of 0 to 1; colours: samples of a pixel but for others.

    alpha: the place of transparency among the samples, None without; associated: colours were multiplied by
    it; left_out: samples that are neither colour nor transparency; sub: columns and rows to a sample of Cb
    and Cr.
    """

    kind: Kind
    bits: int
    floating: bool
    colours: int
    alpha: int | None
    associated: bool
    left_out: int
    sub: tuple[int, int]

    @property
    def deep(self) -> bool:
        """Whether the picture has 16 bits, else 8."""
        return self.kind is not Kind.PALETTE and (self.bits > 8 or self.floating)

    @property
    def kept(self) -> list[int]:
        """Places of the samples that count: colours, then alpha."""
        return [*range(self.colours), *([] if self.alpha is None else [self.alpha])]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is lost."""
        found = []
        if self.bits > 16:
            found.append(f"its {self.bits} bits per sample are read as 16")
        if self.left_out:
            many = f"{self.left_out} extra channels" if self.left_out > 1 else "an extra channel"
            found.append(f"{many} (such as a scanner's infrared) that is no transparency is left out")
        return tuple(found)


def layout_of(page: Any) -> Layout:
    """The layout of a tifffile page; PhotoError, saying what to do, for those that are not supported."""
    kind = _KINDS.get(int(page.photometric))
    if kind is None:
        raise _unsupported(f"TIFF of kind {_name(page.photometric)}")
    _check_packing(page)
    bits, floating = _depth(page, kind)
    colours = _COLOURS.get(kind, 3)
    if page.samplesperpixel < colours:
        raise ValueError(f"{kind} with {page.samplesperpixel} samples per pixel")
    if kind is Kind.CMYK and page.tags.valueof(_INK_SET, default=_CMYK_INKS) != _CMYK_INKS:
        raise _unsupported("TIFF of other inks than CMYK")
    alpha, associated = _alpha(page, colours)
    left_out = page.samplesperpixel - colours - (alpha is not None)
    sub = _subsampling(page, kind)
    return Layout(kind, bits, floating, colours, alpha, associated, left_out, sub)


def _unsupported(what: str) -> PhotoError:
    return PhotoError(f"{what} is not supported; {SAVE}")


def _name(tag: Any) -> str:
    return str(getattr(tag, "name", tag))


def _check_packing(page: Any) -> None:
    if page.compression not in COMPRESSIONS:
        raise _unsupported(f"TIFF with compression {_name(page.compression)}")
    if predictor_of(page) not in PREDICTORS:
        raise _unsupported(f"TIFF with predictor {_name(page.predictor)}")
    if page.compression == PACK_BITS and page.predictor != 1:
        raise _unsupported("TIFF with a predictor beside PackBits")
    if page.imagedepth != 1:
        raise _unsupported("TIFF with depth")
    more = page.tags.valueof(_LERC_PARAMETERS, default=(0, 0))
    if page.compression == LERC and more[1]:
        raise _unsupported("TIFF with LERC inside another compression")
    if page.planarconfig == 2 and page.compression in (OLD_JPEG, *CCITT) and page.samplesperpixel > 1:
        raise _unsupported(f"TIFF with planes in {COMPRESSIONS[page.compression]}")


def predictor_of(page: Any) -> int:
    """The predictor that counts."""
    return int(page.predictor) if page.compression in _PREDICTED else 1


def _depth(page: Any, kind: Kind) -> tuple[int, bool]:
    """Bits per sample, and whether the samples are floating-point numbers."""
    bits, floating = page.bitspersample, page.sampleformat == _FLOAT
    if page.sampleformat not in (_UNSIGNED, _UNDEFINED, _FLOAT) and not _is_lab(kind):
        raise _unsupported(f"TIFF with samples of kind {_name(page.sampleformat)}")
    fits = bits in (_FLOAT_BITS if floating else _INTEGER_BITS)
    if _is_lab(kind):
        fits = bits in _LAB_BITS and not floating
    elif kind is Kind.YCBCR:
        fits = bits in ((8, 12) if page.compression == JPEG else (8,)) and not floating
    elif kind is Kind.PALETTE:
        fits = fits and bits <= 16 and not floating
    if not fits or page.dtype is None:
        said = ", ".join(map(str, bits)) if isinstance(bits, tuple) else bits
        raise _unsupported(f"{kind} TIFF with {said} bits per sample{' (floating point)' * floating}")
    return bits, floating


def _is_lab(kind: Kind) -> bool:
    return kind in (Kind.CIELAB, Kind.ICCLAB)


def _alpha(page: Any, colours: int) -> tuple[int | None, bool]:
    """Where transparency is said to be, and whether colours were multiplied by it.

    A channel of unstated meaning is none: scanners write infrared so.
    """
    for place, meaning in enumerate(map(int, page.extrasamples)):
        if meaning in (_ASSOCIATED, _STRAIGHT) and colours + place < page.samplesperpixel:
            return colours + place, meaning == _ASSOCIATED
    return None, False


def _subsampling(page: Any, kind: Kind) -> tuple[int, int]:
    if kind is not Kind.YCBCR or page.compression in (OLD_JPEG, JPEG):
        return 1, 1
    across, down = page.tags.valueof(_SUBSAMPLING, default=(2, 2))
    if across not in (1, 2, 4) or down not in (1, 2, 4):
        raise _unsupported(f"YCbCr TIFF with chroma of {across} x {down} pixels")
    if (across, down) != (1, 1):
        if page.planarconfig == 2 or page.samplesperpixel != 3 or predictor_of(page) != 1:
            raise _unsupported("YCbCr TIFF with small chroma in planes, with a predictor or extra channels")
        if page.compression in (*PICTURES, *CCITT):
            raise _unsupported(f"YCbCr TIFF with {COMPRESSIONS[page.compression]} and small chroma")
    return across, down


def segment_shape(page: Any) -> tuple[int, int]:
    """(rows, columns) of a strip or tile."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return page.rowsperstrip, page.imagewidth


def segments_down_across(page: Any) -> tuple[int, int]:
    """How many strips or tiles there are from top to bottom and from left to right."""
    rows, columns = segment_shape(page)
    if rows < 1 or columns < 1:
        raise ValueError("its strips or tiles have no size")
    return math.ceil(page.imagelength / rows), math.ceil(page.imagewidth / columns)


def stored_type(page: Any) -> np.dtype[Any]:
    """The type of a sample in memory."""
    return np.dtype(np.uint8 if page.bitspersample == 1 else page.dtype)
