"""The tags of a TIFF that describe its picture: read as blocks, and written from them."""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO

import tifffile

from colorize_cli.image.metadata.exif import (
    ORIENTATION,
    RESOLUTION_UNIT,
    X_RESOLUTION,
    Y_RESOLUTION,
    clean_dpi,
    oblong_pixels,
    tag_warnings,
)
from colorize_cli.image.metadata.ifd import (
    EXIF_IFD,
    GPS_IFD,
    SHORT,
    Directory,
    Field,
    Tiff,
    pack_block,
    pack_directory,
)
from colorize_cli.image.metadata.iptc import unpadded_iptc
from colorize_cli.image.metadata.photoshop import join_resources, split_resources
from colorize_cli.image.photo import Metadata

XMP_TAG, IPTC_TAG, RESOURCES_TAG, ICC_TAG = 700, 33723, 34377, 34675
# What a TIFF says of its picture, and not of how its pixels lie in the file: names of document and
# page, description, make, model, software, date, artist, host, copyright, ratings, Windows' words.
_NAMED = (269, 270, 271, 272, 285, 305, 306, 315, 316, 33432)
# Where on a map it lies: GeoTIFF's tags, and those of GDAL. They hold for pixels that lie as in the scan.
_ON_A_MAP = (33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113)
_DESCRIPTIVE = (*_NAMED, 0x4746, 0x4749, *range(0x9C9B, 0x9CA0), 0xC62F, *_ON_A_MAP)
# What belongs into the EXIF directory but is also written beside what describes the pixels (TIFF/EP).
_EXPOSURE = (33434, 33437, 34850, 34852, 34855, 34856, 34858, 34859, *range(34864, 34870))
_OF_EXIF = (
    *_EXPOSURE,
    *range(0x9000, 0x9300),
    *range(0x9400, 0x9407),
    *range(0xA000, 0xA005),
    *range(0xA20B, 0xA220),
    *range(0xA300, 0xA303),
    *range(0xA401, 0xA440),
    *range(0xA460, 0xA463),
    0xA500,
)
_RESOLUTION = (X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT)
_USER_COMMENT, _UNICODE = 0x9286, b"UNICODE\0"
_POINTERS = (EXIF_IFD, GPS_IFD)
_BYTE, _LONG, _UNDEFINED = 1, 4, 7


def tiff_metadata(data: bytes, page: Any) -> tuple[Metadata, tuple[str, ...]]:
    """The blocks of one tifffile page of a file, and a warning for each that is damaged."""
    warnings: list[str] = []
    dpi = _dpi(page)
    exif = iptc = resources = None
    try:
        exif, said = _exif(data, page.offset, _RESOLUTION if dpi else ())
        warnings += said
    except ValueError as error:
        warnings.append(f"its EXIF tags are damaged ({error}) and left out")
    try:
        iptc, resources = split_resources(_bytes_of(data, page, RESOURCES_TAG) or b"")
    except ValueError as error:
        warnings.append(f"its Photoshop block is damaged ({error}) and left out")
    try:
        own = _iptc(data, page)
        if own and iptc and own != unpadded_iptc(iptc):  # the second block stays among the resources
            resources = join_resources(iptc, resources)
        iptc = own or iptc
    except ValueError as error:
        warnings.append(f"its IPTC block is damaged ({error}) and left out")
    warnings += _oblong(page)
    icc, xmp = _bytes_of(data, page, ICC_TAG), _bytes_of(data, page, XMP_TAG)
    return Metadata(exif, icc, xmp, dpi, iptc, resources), tuple(warnings)


def extra_tags(metadata: Metadata) -> list[tuple[int, int, int, object, bool]]:
    """The blocks as tifffile takes them, but for ICC and resolution, for a little-endian file.

    tifffile will not write the pointers to the EXIF and GPS directories, so each is written under
    the number below, which nothing uses in an image directory and which keeps the tags in order;
    `put_directories` puts them right.
    """
    directory = _little_endian(metadata.exif)
    described = [(tag, directory[tag]) for tag in _DESCRIPTIVE if tag in directory]
    tags = [(tag, f.kind, f.count, f.data, True) for tag, f in described if isinstance(f, Field)]
    blocks = ((XMP_TAG, metadata.xmp), (RESOURCES_TAG, metadata.photoshop))
    tags += [(tag, _BYTE, len(block), block, True) for tag, block in blocks if block]
    if iptc := metadata.iptc:
        # By custom in words of four bytes; filled up it would no longer have its stated digest.
        words = len(iptc) % 4 == 0
        kind, count = (_LONG, len(iptc) // 4) if words else (_UNDEFINED, len(iptc))
        tags.append((IPTC_TAG, kind, count, iptc, True))
    pointers = [(pointer - 1, _LONG, 1, 0, True) for pointer in _POINTERS if pointer in directory]
    return [*tags, *pointers]


def put_directories(file: BinaryIO, metadata: Metadata) -> None:
    """Write the EXIF and GPS directories at the end of a TIFF, and where they are into their tags."""
    directory = _little_endian(metadata.exif)
    wanted = {tag: child for tag, child in directory.items() if isinstance(child, dict)}
    if not wanted:
        return
    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        tags, wide = tiff.pages.first.tags, tiff.is_bigtiff
        places = {pointer: tags[pointer - 1].offset for pointer in wanted}
    for pointer, place in places.items():
        end = file.seek(0, io.SEEK_END)
        end += file.write(b"\0" * (end % 2))
        file.write(pack_directory(wanted[pointer], end, "<", wide))
        file.seek(place)
        file.write(struct.pack("<H", pointer))
        # Type and count of the tag stand between its number and its value.
        file.seek(place + (12 if wide else 8))
        file.write(struct.pack("<Q" if wide else "<I", end))


def _exif(data: bytes, offset: int, resolution: tuple[int, ...]) -> tuple[bytes | None, tuple[str, ...]]:
    """What a directory says of its picture and its lie, and those below it, as an EXIF block."""
    tiff = Tiff(data)
    only = (*_DESCRIPTIVE, *_OF_EXIF, ORIENTATION, *resolution, *_POINTERS)
    directory = _gathered(tiff.directory(offset, only=only))
    warnings = tag_warnings("EXIF", tiff.damaged)
    lie = directory.get(ORIENTATION)
    if isinstance(lie, Field) and lie.data.strip(b"\0") != b"\1" and directory.keys() & {*_ON_A_MAP}:
        directory = {tag: field for tag, field in directory.items() if tag not in _ON_A_MAP}
        warnings += ("its place on a map (GeoTIFF) does not hold for the turned picture and is left out",)
    return pack_block(directory, tiff.order) if directory else None, warnings


def _gathered(directory: Directory) -> Directory:
    """EXIF tags that stand in the first directory, put into that of EXIF, which comes first."""
    astray = {tag: directory[tag] for tag in _OF_EXIF if tag in directory}
    if not astray:
        return directory
    rest = {tag: field for tag, field in directory.items() if tag not in astray}
    below = rest.get(EXIF_IFD)
    return rest | {EXIF_IFD: astray | (below if isinstance(below, dict) else {})}


def _little_endian(block: bytes | None) -> Directory:
    if not block:
        return {}
    tiff = Tiff(block)
    directory = _gathered(tiff.directory(tiff.first, only=(*_DESCRIPTIVE, *_OF_EXIF, *_POINTERS)))
    return directory if tiff.order == "<" else _swapped(directory)


def _swapped(directory: Directory) -> Directory:
    return {tag: _turned(tag, f) for tag, f in directory.items()}


def _turned(tag: int, field: Field | Directory) -> Field | Directory:
    """A field in the other byte order; the Unicode of a comment is the one text that follows it."""
    if isinstance(field, dict):
        return _swapped(field)
    if tag == _USER_COMMENT and field.data.startswith(_UNICODE):
        text = Field(SHORT, 0, field.data[len(_UNICODE) :]).swapped().data
        return Field(field.kind, field.count, _UNICODE + text)
    return field.swapped()


def _bytes_of(data: bytes, page: Any, tag: int) -> bytes | None:
    """A block whatever type its writer gave it; None where it is not there or outside the file."""
    found = page.tags.get(tag)
    if found is None:
        return None
    return bytes(data[found.valueoffset : found.valueoffset + found.valuebytecount]) or None


def _iptc(data: bytes, page: Any) -> bytes | None:
    """The IPTC data of a page; filled up if its type is that of whole words."""
    found = page.tags.get(IPTC_TAG)
    block = _bytes_of(data, page, IPTC_TAG)
    return unpadded_iptc(block) if block and found.dtype not in (_BYTE, _UNDEFINED) else block


def _oblong(page: Any) -> tuple[str, ...]:
    """Unit 1 is none: such resolutions only say what shape a pixel has."""
    if page.tags.valueof(RESOLUTION_UNIT, default=2) != 1:
        return ()
    try:
        across, down = (n / d for n, d in map(page.tags.valueof, (X_RESOLUTION, Y_RESOLUTION)))
    except (TypeError, ValueError, ZeroDivisionError):
        return ()
    return oblong_pixels(across, down)


def _dpi(page: Any) -> tuple[float, float] | None:
    """Resolutions are fractions; unit 2 is the inch, 3 the centimetre, 1 none."""
    scale = {2: 1.0, 3: 2.54}.get(page.tags.valueof(296, default=2), 0.0)
    try:
        return clean_dpi([n * scale / d for n, d in map(page.tags.valueof, (282, 283))])
    except (TypeError, ValueError, ZeroDivisionError):
        return None
