"""The one table of picture formats: how files of each are known, what they hold, and how they are written.

Nothing heavy is imported here, for help and settings read it; `codecs` has what reads and writes the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """File format of the outputs; `same` follows each source."""

    SAME = "same"
    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    WEBP = "webp"
    AVIF = "avif"


@dataclass(frozen=True)
class FileFormat:
    """A row of the table. Patterns are regular expressions, and any byte is matched by a dot."""

    name: str
    title: str  # for people
    suffixes: tuple[str, ...]
    signature: bytes  # pattern of a file's first 64 bytes
    written: str = ""  # suffix of outputs; "" for what is only read
    deep: bool = False  # holds 16 bits a sample
    alpha: bool = True  # holds transparency
    lossy: bool = False  # has a quality
    exact: bool = False  # colours are rounded so that the grey of every pixel can be had back
    pages: bool = False  # may hold several
    longest_side: int | None = None
    blocks: tuple[str, ...] = ("exif", "icc", "xmp")  # fields of `Metadata` that it has a place for
    obscure: tuple[str, ...] = ()  # those of them that few programs look for, so that XMP says them, too
    media_type: str = ""  # if browsers show it
    pixels_per_byte: int = 1  # few files hold more
    extra: str = ""  # of the package, which reading it needs


_MOST_BLOCKS = ("exif", "icc", "xmp", "dpi", "iptc", "photoshop")
# A media file lists the brands it keeps to: the first behind its type, the others behind a version.
_BRANDS = rb"....ftyp(?:.{8}(?:....)*?)?(?:%s)"
_HEIC = b"heic|heix|heim|heis|hevc|mif1|msf1"

_TABLE = (
    FileFormat(
        name="jpeg",
        title="JPEG",
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        signature=rb"\xff\xd8\xff",
        written=".jpg",
        alpha=False,
        lossy=True,
        longest_side=65535,
        blocks=(*_MOST_BLOCKS, "texts"),
        media_type="image/jpeg",
        pixels_per_byte=4,
    ),
    FileFormat(
        name="png",
        title="PNG",
        suffixes=(".png",),
        signature=rb"\x89PNG\r\n\x1a\n",
        written=".png",
        deep=True,
        exact=True,
        blocks=(*_MOST_BLOCKS, "texts"),
        obscure=("iptc",),
        media_type="image/png",
    ),
    FileFormat(
        name="tiff",
        title="TIFF",
        suffixes=(".tif", ".tiff"),
        signature=rb"II[*+]\0|MM\0[*+]",
        written=".tif",
        deep=True,
        exact=True,
        pages=True,
        blocks=_MOST_BLOCKS,
    ),
    FileFormat(
        name="webp",
        title="WebP",
        suffixes=(".webp",),
        signature=rb"RIFF....WEBP",
        written=".webp",
        lossy=True,
        longest_side=16383,
        media_type="image/webp",
        pixels_per_byte=8,
    ),
    FileFormat(
        name="avif",
        title="AVIF",
        suffixes=(".avif",),
        signature=_BRANDS % b"avif|avis",
        written=".avif",
        lossy=True,
        # It may be larger, but libavif's decoder refuses what is (Pillow 13: "cannot identify image file").
        longest_side=32768,
        media_type="image/avif",
        pixels_per_byte=12,
    ),
    FileFormat("heic", "HEIC", (".heic", ".heif", ".hif"), _BRANDS % _HEIC, pixels_per_byte=12, extra="heic"),
    FileFormat(
        name="jpeg2000",
        title="JPEG 2000",
        suffixes=(".jp2", ".j2k", ".jpx", ".jpf", ".jpc", ".j2c"),
        signature=rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
        pixels_per_byte=8,
    ),
    FileFormat("bmp", "BMP", (".bmp", ".dib"), rb"BM"),
    FileFormat("gif", "GIF", (".gif",), rb"GIF8[79]a", pixels_per_byte=8),
    FileFormat("psd", "PSD", (".psd",), rb"8BPS\x00\x01", pixels_per_byte=8),
    FileFormat("pnm", "PNM", (".pgm", ".ppm", ".pbm", ".pnm"), rb"P[1-6]"),
)

# Pictures of kinds that are not read, which a run counts.
UNREAD = frozenset(
    {f".{kind}" for kind in ("arw", "cr2", "cr3", "dng", "nef", "orf", "raf", "rw2")}
    | {f".{kind}" for kind in ("djvu", "eps", "exr", "hdr", "jls", "jxl", "jxr", "pcx", "pdf", "psb")}
    | {f".{kind}" for kind in ("svg", "tga", "wdp", "xcf")}
)
FORMATS = {row.name: row for row in _TABLE}
WRITTEN = tuple(row.name for row in _TABLE if row.written)
READABLE = {suffix: row for row in _TABLE for suffix in row.suffixes}


def format_of(head: bytes) -> FileFormat | None:
    """The format of a file by its first bytes (64 are enough), None if it is none of the table."""
    found = (row for row in _TABLE if re.match(row.signature, head[:64], re.DOTALL))
    return next(found, None)


def titles(which: Callable[[FileFormat], bool]) -> str:
    """For people: the formats of outputs of which something is true, as "JPEG, PNG and TIFF"."""
    *others, last = (FORMATS[name].title for name in WRITTEN if which(FORMATS[name]))
    return f"{', '.join(others)} and {last}" if others else last
