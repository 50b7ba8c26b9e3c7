"""Reading TIFF: tifffile and imagecodecs decode strips and tiles, everything that is not named is refused."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from colorize_cli.errors import PhotoError
from colorize_cli.image.photo import Grey, Metadata, Pixels
from colorize_cli.image.planes import Colours, Scan, check_size
from colorize_cli.image.tiff.kinds import Meaning
from colorize_cli.image.tiff.layout import OLD_JPEG, Kind, Layout, layout_of, predictor_of
from colorize_cli.image.tiff.pages import MOST, Directory, page_directories
from colorize_cli.image.tiff.planes import in_rows, planes_of, thumbnail_step
from colorize_cli.image.tiff.segments import bands, check_memory, encoded_segment
from colorize_cli.image.tiff.tags import tiff_metadata
from colorize_cli.image.tiff.ycbcr import subsampled_bands

_ORIENTATION, _SUB_IFDS = 274, 330
# By an orientation, how libtiff turns the rows and columns that it gives as RGB, transposed or not.
_TURNED_BY_LIBTIFF = {2: (1, -1), 6: (1, -1), 3: (-1, -1), 7: (-1, -1), 4: (-1, 1), 8: (-1, 1)}


@dataclass(frozen=True)
class _Page:
    """A page of a file: where it stands, its tags as tifffile gives them, and how it is to be read."""

    data: bytes
    directory: Directory
    tags: Any
    layout: Layout
    metadata: Metadata
    warnings: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width as stored."""
        return self.tags.imagelength, self.tags.imagewidth

    @property
    def orientation(self) -> int:
        """1 to 8, whatever type of number it was written as."""
        found = self.tags.tags.valueof(_ORIENTATION, default=1)
        number = int.from_bytes(found[:1], "big") if isinstance(found, bytes) else found
        return number if number in range(1, 9) else 1

    @property
    def profile(self) -> bytes | None:
        """Of the pixels; one for CIELAB is done with, as they are sRGB by now."""
        return None if self.layout.kind in (Kind.CIELAB, Kind.ICCLAB) else self.metadata.icc

    @property
    def step(self) -> int:
        """Rows and columns to a pixel of the thumbnail."""
        return thumbnail_step(*self.size, self.layout.deep)

    def pixels(self) -> Iterator[tuple[Pixels, Grey | None]]:
        """Bands of (rows,W,1 or 3) grey or RGB of 8 or 16 bits, with (rows,W) alpha or None."""
        meaning = Meaning(self.tags, self.layout, self.metadata.icc)
        return map(meaning.pixels, in_rows(self._samples(), self.step))

    def _samples(self) -> Iterator[NDArray[Any]]:
        if self.tags.compression == OLD_JPEG:
            return iter((self._by_libtiff(),))
        if self.layout.sub != (1, 1):
            return subsampled_bands(self.tags, self.data, self.layout)
        return bands(self.tags, self.data, self.layout)

    def _by_libtiff(self) -> NDArray[np.uint8]:
        """RGB, as stored: libtiff has turned part of the way to upright."""
        check_memory(self.tags, self.layout)
        for index in range(len(self.tags.dataoffsets)):
            encoded_segment(self.tags, self.data, index)
        rgb = imagecodecs.tiff_decode(self.data, self.directory.number, asrgb=True)
        rows, columns = _TURNED_BY_LIBTIFF.get(self.orientation, (1, 1))
        return np.asarray(rgb[::rows, ::columns, :3], dtype=np.uint8)


def decode_tiff(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """A page of a TIFF, counted from 0; see `codecs.Decoder`."""
    with _opened(data, page, max_mpixels) as found:
        planes = planes_of(found.pixels(), *found.size, found.step, found.layout.deep)
        metadata = replace(found.metadata, icc=found.profile)
        return Scan(*planes, metadata, found.orientation, found.warnings)


def tiff_colours(data: bytes, page: int = 0) -> Colours | None:
    """All colours of a page, None for a grey one."""
    with _opened(data, page) as found:
        if found.layout.kind in (Kind.GREY, Kind.WHITE):
            return None
        rgb = np.empty((*found.size, 3), np.uint16 if found.layout.deep else np.uint8)
        row = 0
        for pixels, _ in found.pixels():
            rgb[row : row + len(pixels)] = pixels
            row += len(pixels)
        if row != len(rgb):
            raise ValueError(f"it has {row} of {len(rgb)} rows")
        return Colours(rgb, found.orientation, found.profile)


@contextlib.contextmanager
def _opened(data: bytes, page: int, max_mpixels: float | None = None) -> Iterator[_Page]:
    directory = _directory(data, page)
    # What it complains of either raises an error or makes no difference.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
    # Closed by itself: what tifffile leaves behind keeps the whole file until the collector comes round.
    with io.BytesIO(data) as file, tifffile.TiffFile(file) as tiff:
        tags: Any = tiff.pages.first
        if directory.offset != tags.offset:
            tiff.filehandle.seek(directory.offset)
            tags = tifffile.TiffPage(tiff, directory.number)
        if tags.is_reduced and _SUB_IFDS in tags.tags:
            raise PhotoError(
                "TIFF with only a small version of its picture (a camera's raw file?) is not supported; "
                "develop it and save it as TIFF"
            )
        if max_mpixels is not None:
            check_size(tags.imagewidth, tags.imagelength, max_mpixels)
        layout, tags.predictor = layout_of(tags), predictor_of(tags)
        metadata, warnings = tiff_metadata(data, tags)
        yield _Page(data, directory, tags, layout, metadata, layout.warnings + warnings)


def _directory(data: bytes, page: int) -> Directory:
    """Where a page stands; the first directory for what has no pages."""
    found = page_directories(lambda at, length: data[at : at + length])
    before = list(itertools.islice(found, page + 1))
    if page < len(before):
        if before[page].number >= MOST:
            raise PhotoError(
                f"has more than {MOST:,} pages, and those from page {page + 1} on are not read; "
                "split it into several files"
            )
        return before[page]
    if page or before:
        raise PhotoError(f"has no page {page + 1}; there are {len(before)}")
    return Directory(0, _first_offset(data))


def _first_offset(data: bytes) -> int:
    with io.BytesIO(data) as file, tifffile.TiffFile(file) as tiff:
        return int(tiff.pages.first.offset)
