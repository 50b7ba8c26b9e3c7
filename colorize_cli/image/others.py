"""Formats that a library reads and writes whole: WebP, AVIF, HEIC, JPEG 2000 and PNM."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any, BinaryIO

import imagecodecs
import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    ImageFile,
    Jpeg2KImagePlugin,
    PpmImagePlugin,
)

from colorize_cli.common.installing import install_command
from colorize_cli.errors import PhotoError
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.cielab import Floats
from colorize_cli.image.encoding import Encoding
from colorize_cli.image.formats import FORMATS
from colorize_cli.image.metadata.exif import EXIF_PREFIX, exif_orientation, without_orientation
from colorize_cli.image.metadata.jp2 import jp2_metadata
from colorize_cli.image.photo import Metadata
from colorize_cli.image.planes import (
    Scan,
    check_size,
    cv2_pixels,
    deep_planes,
    pillow_blocks,
    scan_of,
    shallow_planes,
    stretched,
)

# Where a JPEG 2000 codestream begins, and how far behind the depth of its first component stands.
_CODESTREAM, _DEPTH_AT = b"\xff\x4f\xff\x51", 42
_PNM_HEADER = re.compile(
    rb"P[2356]\s(?:\s*#[^\n]*\n)*\s*(\d+)\s(?:\s*#[^\n]*\n)*\s*(\d+)\s(?:\s*#[^\n]*\n)*\s*(\d+)\s"
)
_PNM_COMMENT = re.compile(rb"#([^\n]*)")
# In an AV1 configuration: the bit that says more than 8 bits a sample, in its third byte.
_AV1_CONFIG, _HIGH_DEPTH = b"av1C", 0x40
# The coding of each item of a HEIF, and those that libheif is not built with everywhere.
_CODING = re.compile(rb"infe\x02.{7}(....)", re.DOTALL)
_HEIF_CODINGS = {
    b"unci": "uncompressed",
    b"j2k1": "JPEG 2000",
    b"vvc1": "VVC",
    b"avc1": "AVC",
    b"jpeg": "JPEG",
}
# Quality means effort here: the most takes ten times as long for files a fifth smaller.
_WEBP_LOSSLESS = {"lossless": True, "quality": 0, "method": 0}
# Of 0 to 10; the default 6 takes three times as long for files 5 % smaller.
_AVIF_SPEED = 8


def decode_avif(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in an AVIF; this and the others as `codecs.Decoder` says."""
    scan = scan_of(AvifImagePlugin.AvifImageFile(io.BytesIO(data)), max_mpixels)
    at = data.find(_AV1_CONFIG)
    deep = 0 <= at < len(data) - 6 and bool(data[at + 6] & _HIGH_DEPTH)
    warnings = ("its 10 or 12 bits per sample are read as 8",) if deep else ()
    return replace(scan, warnings=scan.warnings + warnings)


def decode_jpeg2000(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in a JPEG 2000 file or codestream."""
    image = Jpeg2KImagePlugin.Jpeg2KImageFile(io.BytesIO(data))
    at = data.find(_CODESTREAM)
    depth = (data[at + _DEPTH_AT] & 0x7F) + 1 if 0 <= at < len(data) - _DEPTH_AT else 8
    if depth <= 8:
        scan = scan_of(image, max_mpixels)
    else:  # Pillow gives 8 bits for deeper colour without a word, OpenCV nothing for grey with transparency.
        check_size(*image.size, max_mpixels)
        planes = deep_planes(stretched(_deep_samples(data, depth), 2**depth - 1))
        scan = Scan(*planes, *pillow_blocks(image))
    metadata, warnings = jp2_metadata(data)
    # What EXIF says of the lie counts as in every other format.
    lie = exif_orientation(metadata.exif or b"")
    return replace(scan, metadata=metadata, orientation=lie, warnings=scan.warnings + warnings)


def _deep_samples(data: bytes, depth: int) -> NDArray[np.uint16]:
    """(H,W,C) of a JPEG 2000; PhotoError for a kind that is not asked for."""
    pixels = np.atleast_3d(imagecodecs.jpeg2k_decode(data))
    if pixels.dtype != np.uint16 or pixels.ndim != 3 or pixels.shape[2] > 4:
        raise PhotoError(
            f"a JPEG 2000 of {depth} bits and {pixels.shape[-1]} components of kind {pixels.dtype} "
            "is not supported; save it as TIFF"
        )
    return pixels


def decode_pnm(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in a PBM, PGM or PPM."""
    image = PpmImagePlugin.PpmImageFile(io.BytesIO(data))
    header = _PNM_HEADER.match(data)
    most = int(header[3]) if header else 255
    scan = scan_of(image, max_mpixels) if most <= 255 else _deep_scan(image, data, most, max_mpixels)
    comments = _PNM_COMMENT.findall(header[0] if header else b"")
    texts = tuple(("Comment", text.decode("utf-8", "surrogateescape").strip()) for text in comments)
    return replace(scan, metadata=replace(scan.metadata, texts=scan.metadata.texts + texts))


def decode_heic(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in a HEIC."""
    try:
        import pi_heif
    except ModuleNotFoundError:
        command = install_command(FORMATS["heic"].extra)
        raise PhotoError(f"HEIC needs one more package: {command}") from None
    try:
        file = pi_heif.open_heif(io.BytesIO(data))
        width, height = file.size
        check_size(width, height, max_mpixels)
        image = file.to_pillow()
    except (ValueError, RuntimeError, OSError, EOFError):
        if kind := next((_HEIF_CODINGS[c] for c in _CODING.findall(data) if c in _HEIF_CODINGS), None):
            raise PhotoError(f"a HEIF with {kind} pixels is not supported; save it as TIFF or JPEG") from None
        raise
    exif = (file.info.get("exif") or b"").removeprefix(EXIF_PREFIX) or None
    metadata = Metadata(exif, file.info.get("icc_profile"), file.info.get("xmp"))
    # The library has turned the picture upright.
    return Scan(*shallow_planes(image), metadata, 1)


def write_webp(file: BinaryIO, canvas: Canvas, ab: Floats, encoding: Encoding, metadata: Metadata) -> None:
    """A WebP, lossless at quality 100."""
    quality = _WEBP_LOSSLESS if encoding.quality == 100 else {"quality": encoding.quality}
    _write(file, "webp", canvas, ab, metadata, quality)


def write_avif(file: BinaryIO, canvas: Canvas, ab: Floats, encoding: Encoding, metadata: Metadata) -> None:
    """An AVIF of 8 bits."""
    if metadata.exif:
        # Pillow writes the block anew to take an orientation out, and loses types and letters.
        metadata = replace(metadata, exif=without_orientation(metadata.exif))
    _write(file, "avif", canvas, ab, metadata, {"quality": encoding.quality, "speed": _AVIF_SPEED})


def _write(
    file: BinaryIO, name: str, canvas: Canvas, ab: Floats, metadata: Metadata, options: dict[str, Any]
) -> None:
    found = {"exif": metadata.exif, "icc_profile": metadata.icc, "xmp": metadata.xmp}
    settings: dict[str, Any] = {name: block for name, block in found.items() if block} | options
    pixels = np.concatenate(list(canvas.strips(ab, deep=False)))
    file.write(iio.imwrite("<bytes>", pixels, plugin="pillow", extension=f".{name}", **settings))


def _deep_scan(image: ImageFile.ImageFile, data: bytes, most: int, max_mpixels: float) -> Scan:
    """What OpenCV sees in a file whose samples are of 0 to `most`."""
    check_size(*image.size, max_mpixels)
    return Scan(*deep_planes(stretched(cv2_pixels(data), most)), *pillow_blocks(image))
