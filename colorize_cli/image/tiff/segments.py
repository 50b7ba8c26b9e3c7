"""The stored samples of a TIFF page in bands of rows: all at once would take several times the grey."""

from __future__ import annotations

import copy
import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Jpeg2KImagePlugin, WebPImagePlugin

from colorize_cli.errors import PhotoError
from colorize_cli.image.tiff.layout import (
    CCITT,
    DEFLATE,
    JPEG,
    LERC,
    PACK_BITS,
    PICTURES,
    Layout,
    segment_shape,
    segments_down_across,
    stored_type,
)

Samples = NDArray[Any]

# What reading a page may take beside the picture: bytes, and bytes for each that is stored.
_SPARE, _INFLATION = 600_000_000, 30
_LEAST_ROWS, _MOST_ROWS = 64, 1024  # of a band: where strips are lower, and where there are none
_PADDING = 64  # pixels that a picture in a strip may be larger on each side than its strip
_HEADERS: dict[int, Any] = {
    34712: Jpeg2KImagePlugin.Jpeg2KImageFile,
    33005: Jpeg2KImagePlugin.Jpeg2KImageFile,
    34927: WebPImagePlugin.WebPImageFile,
    50001: WebPImagePlugin.WebPImageFile,
}


def bands(page: Any, data: bytes, layout: Layout) -> Iterator[Samples]:
    """(rows,W,S) samples from top to bottom, S being those of `Layout.kept`, in the machine's byte order.

    ValueError, or whatever a codec raises, where the file is damaged.
    """
    if page.is_contiguous and page.fillorder == 1:
        yield from _in_place(page, data, layout)
        return
    check_memory(page, layout)
    down, _ = segments_down_across(page)
    height = segment_shape(page)[0]
    together = 1 if height >= _LEAST_ROWS else -(-_LEAST_ROWS // height)
    for first in range(0, down, together):
        yield _band(page, data, layout, range(first, min(down, first + together)))


def encoded_segment(page: Any, data: bytes, index: int) -> bytes:
    """The bytes of a strip or tile; b"" where the file leaves it out.

    ValueError where the file ends before and the codec would not notice.
    """
    if index >= min(len(page.dataoffsets), len(page.databytecounts)):
        raise ValueError("its list of strips or tiles is too short")
    start, length = int(page.dataoffsets[index]), int(page.databytecounts[index])
    found = data[start : start + length] if start else b""
    if length and start and len(found) < length and page.compression in (*PICTURES, *CCITT):
        raise ValueError(f"strip {index + 1} lies behind the end of the file")
    return found


def check_memory(page: Any, layout: Layout) -> None:
    """PhotoError if one strip or tile would take much more memory than picture and file explain."""
    rows, columns = segment_shape(page)
    samples = page.samplesperpixel if page.planarconfig == 1 else len(layout.kept)
    packed = page.bitspersample not in (8, 16, 32, 64) and page.compression not in CCITT
    turned = page.parent.byteorder != "<" and stored_type(page).itemsize > 1
    segment = rows * columns * samples * stored_type(page).itemsize * (2 if packed or turned else 1)
    pixels = page.imagewidth * page.imagelength * (2 if layout.deep else 1)
    planes = pixels * (1 if layout.alpha is None else 2)
    picture = pixels * len(layout.kept)
    stored = sum(map(int, page.databytecounts))
    if planes + segment > picture + _SPARE + _INFLATION * stored:
        raise PhotoError(
            f"a strip of it would take {segment / 1e9:.1f} GB in memory, far more than the file explains. "
            "If it can be trusted, save it in smaller strips"
        )


def _in_place(page: Any, data: bytes, layout: Layout) -> Iterator[Samples]:
    """Samples that lie in the file as they do in memory; they are not copied."""
    dtype = np.dtype(page.parent.byteorder + page.dtype.char)
    height, width, samples = page.imagelength, page.imagewidth, page.samplesperpixel
    start = int(page.dataoffsets[0])
    found = np.frombuffer(data, dtype, height * width * samples, start)
    native = dtype.newbyteorder("=")
    if page.planarconfig == 1:
        pixels = found.reshape(height, width, samples)
    else:
        pixels = np.moveaxis(found.reshape(samples, height, width), 0, -1)
    for row in range(0, height, _MOST_ROWS):
        yield _chosen(pixels[row : row + _MOST_ROWS], layout.kept).astype(native, copy=False)


def _band(page: Any, data: bytes, layout: Layout, among: range) -> Samples:
    """The strips or rows of tiles of `among`, beside each other and planes behind each other."""
    down, across = segments_down_across(page)
    height, width = segment_shape(page)
    contiguous, kept = page.planarconfig == 1, layout.kept
    if contiguous and across == 1 and len(among) == 1 and not page.is_tiled:
        return _chosen(_decoded(page, data, among[0]), kept)
    top = among[0] * height
    rows = min(page.imagelength, among[-1] * height + height) - top
    band = np.zeros((rows, page.imagewidth, len(kept)), stored_type(page))
    for part in among:
        for column in range(across):
            place = band[part * height - top :, column * width :][:height, :width]
            for plane in (0,) if contiguous else kept:
                found = _decoded(page, data, (plane * down + part) * across + column)
                found = found[: place.shape[0], : place.shape[1]]
                if found.shape[:2] != place.shape[:2]:
                    raise ValueError(f"strip {part + 1} is too small")
                if contiguous:
                    place[...] = _chosen(found, kept)
                else:
                    place[..., kept.index(plane)] = found[..., 0]
    return band


def _decoded(page: Any, data: bytes, index: int) -> Samples:
    """(rows, columns, samples) of one strip or tile."""
    encoded = encoded_segment(page, data, index)
    if not encoded:
        raise PhotoError("TIFF with strips or tiles left out is not supported; save it anew with all of them")
    if page.compression in PICTURES:
        _check_picture(page, encoded)
    tables = (
        {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader} if page.compression == JPEG else {}
    )
    try:
        found, *_ = page.decode(encoded, index, **tables)
    except RuntimeError:  # of imagecodecs, which wants no byte more than there should be
        if page.compression not in (*DEFLATE, PACK_BITS):
            raise
        found, *_ = _unpacked_page(page).decode(inflated(page, encoded, _most_bytes(page)), index)
    samples: Samples = found[0]
    if samples.ndim != 3 or samples.dtype.itemsize != stored_type(page).itemsize:
        raise ValueError(f"strip {index + 1} holds samples of another kind")
    return samples.view(np.uint8) if samples.dtype == bool else samples


def _chosen(samples: Samples, places: list[int]) -> Samples:
    return samples if places == [*range(samples.shape[-1])] else samples[..., places]


def _check_picture(page: Any, encoded: bytes) -> None:
    """ValueError if a picture in a strip says that it is much larger than the strip: it would fill memory."""
    if page.compression == JPEG:
        size = _jpeg_size(encoded)
    elif page.compression == LERC:
        version = struct.unpack_from("<i", encoded, 6)[0]
        size = struct.unpack_from("<ii", encoded, 14 if version >= 3 else 10)[::-1]
    else:
        size = _HEADERS[page.compression](io.BytesIO(encoded)).size
    rows, columns = segment_shape(page)
    if size[0] > columns + _PADDING or size[1] > rows + _PADDING:
        raise ValueError(f"a strip of {columns} x {rows} pixels holds a picture of {size[0]} x {size[1]}")


def _jpeg_size(encoded: bytes) -> tuple[int, int]:
    """Width and height, which Pillow does not tell of two components; (0, 0) if they are not found."""
    try:
        _, height, width, _ = tifffile.tifffile.jpeg_shape(encoded)
    except ValueError:
        return 0, 0
    return width, height


def _unpacked_page(page: Any) -> Any:
    """The page as if its strips were not compressed."""
    plain = copy.copy(page)
    for cached in ("decode", "hash"):
        plain.__dict__.pop(cached, None)
    plain.compression, plain.fillorder = 1, 1
    return plain


def _most_bytes(page: Any) -> int:
    """Of a strip or tile when it is no longer compressed."""
    rows, columns = segment_shape(page)
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    return rows * -(-columns * samples * int(page.bitspersample) // 8)


def inflated(page: Any, encoded: bytes, size: int) -> bytes:
    """The bytes of a strip or tile, `size` at most, of a compression that gives bytes."""
    if page.fillorder == 2:
        encoded = encoded.translate(_REVERSED)
    if page.compression == 1:
        return encoded[:size]
    if page.compression in DEFLATE:
        return _undeflated(encoded, size)
    if page.compression == PACK_BITS:
        return _unpacked_bits(encoded, size)
    return bytes(tifffile.TIFF.DECOMPRESSORS[page.compression](encoded, out=size))


def _undeflated(encoded: bytes, size: int) -> bytes:
    unpacker = zlib.decompressobj()
    out = unpacker.decompress(encoded, size)
    # Where nothing follows, the checksum has to be there, and to be right.
    if not unpacker.decompress(unpacker.unconsumed_tail, 1) and not unpacker.eof:
        raise ValueError("its compressed data breaks off")
    return out


def _unpacked_bits(encoded: bytes, size: int) -> bytes:
    """PackBits up to `size` bytes; imagecodecs takes padding behind them for damage."""
    out, at = bytearray(), 0
    while len(out) < size and at + 1 < len(encoded):
        count = encoded[at]
        if count < 128:
            out += encoded[at + 1 : at + 2 + count]
            at += 2 + count
        else:
            out += encoded[at + 1 : at + 2] * (257 - count if count > 128 else 0)
            at += 2 if count > 128 else 1
    return bytes(out[:size])


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
