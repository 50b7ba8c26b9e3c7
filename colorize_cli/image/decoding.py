"""Bytes of a file -> the pixels and blocks in it, as they stand; one function per kind of file."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Any

import cv2
import imageio.v3 as iio
import numpy as np
import simplejpeg
import tifffile
from numpy.typing import NDArray
from PIL import (
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from colorize_cli.errors import PhotoError
from colorize_cli.image.containers import check_png, jpeg_metadata
from colorize_cli.image.metadata import EXIF_PREFIX, ORIENTATION, exif_orientation
from colorize_cli.image.photo import Grey, Metadata
from colorize_cli.image.tone import THUMBNAIL

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_XMP_TAG, _ICC_TAG = 700, 34675
# What a TIFF says of its picture, and not of how its pixels lie in the file: description, make,
# model, software, date, artist, host, copyright.
_DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 316, 33432)
_DEEP_KINDS = ("MINISWHITE", "MINISBLACK", "RGB")


@dataclass(frozen=True, eq=False)
class Scan:
    """What a file holds, before it is turned upright.

    grey, alpha: (H,W), both uint8 or both uint16; rgb: (h,w,3) uint8 thumbnail or larger, None
    where the file is grey; orientation: 1 to 8 as EXIF has it.
    """

    grey: Grey
    alpha: Grey | None
    rgb: NDArray[np.uint8] | None
    metadata: Metadata
    orientation: int
    warnings: tuple[str, ...] = ()


def decode(kind: str, data: bytes, max_mpixels: float) -> Scan:
    """The scan in a "jpeg", "png", "tiff" or "webp" file.

    PhotoError (without the file's name) where it is too large or of a kind not supported; damaged
    bytes raise whatever the decoder raises.
    """
    decoders = {"jpeg": _jpeg, "png": _png, "tiff": _tiff, "webp": _webp}
    return decoders[kind](data, max_mpixels)


def _check_size(width: int, height: int, max_mpixels: float) -> None:
    if width * height > max_mpixels * 1e6:
        raise PhotoError(
            f"{width} x {height} pixels is more than the limit of {max_mpixels:g} megapixels; "
            "raise the limit if the file can be trusted, or make the photo smaller"
        )


def _jpeg(data: bytes, max_mpixels: float) -> Scan:
    height, width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    _check_size(width, height, max_mpixels)
    metadata = jpeg_metadata(data)
    orientation = exif_orientation(metadata.exif or b"")
    if space in ("CMYK", "YCCK"):
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
        return Scan(*_planes(image), metadata, orientation)
    grey, warnings = _jpeg_grey(data)
    rgb = None
    if space != "Gray":
        rgb = simplejpeg.decode_jpeg(
            data, "RGB", min_height=THUMBNAIL, min_width=THUMBNAIL, strict=False
        )
    return Scan(grey, None, rgb, metadata, orientation, warnings)


def _jpeg_grey(data: bytes) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    try:
        return simplejpeg.decode_jpeg(data, "GRAY")[..., 0], ()
    except ValueError as error:
        # Cameras leave stray bytes before the end mark; every other complaint means lost pixels.
        if "extraneous bytes" not in str(error):
            raise
        grey = simplejpeg.decode_jpeg(data, "GRAY", strict=False)[..., 0]
        return grey, (f"the JPEG data has stray bytes ({error})",)


def _png(data: bytes, max_mpixels: float) -> Scan:
    image = PngImagePlugin.PngImageFile(io.BytesIO(data))
    _check_size(*image.size, max_mpixels)
    # Pillow gives 8 bits for 16-bit colour without a word (python-pillow/Pillow#7723).
    if data[24] == 16:
        check_png(data)
        planes = _deep_planes(_cv2_pixels(data))
        image.load()
    else:
        planes = _planes(image)
    return Scan(*planes, *_pillow_blocks(image), _frames(image))


def _webp(data: bytes, max_mpixels: float) -> Scan:
    image = WebPImagePlugin.WebPImageFile(io.BytesIO(data))
    _check_size(*image.size, max_mpixels)
    return Scan(*_planes(image), *_pillow_blocks(image), _frames(image))


def _tiff(data: bytes, max_mpixels: float) -> Scan:
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page: Any = tiff.pages.first
        _check_size(page.imagewidth, page.imagelength, max_mpixels)
        count = len(tiff.pages)
        metadata, orientation = _tiff_blocks(data, page)
        warnings = (f"has {count} pages; only the first is used",) if count > 1 else ()
        if page.bitspersample == 16:
            planes = _deep_tiff_planes(data, page)
            return Scan(*planes, metadata, orientation, warnings)
        if page.bitspersample not in (1, 2, 4, 8):
            raise PhotoError(
                f"TIFF with {page.bitspersample} bits per sample; save it with 8 or 16 bits"
            )
    # Pillow turns a TIFF upright by itself.
    if orientation >= 5 and metadata.dpi:
        metadata = replace(metadata, dpi=metadata.dpi[::-1])
    planes = _planes(TiffImagePlugin.TiffImageFile(io.BytesIO(data)))
    return Scan(*planes, metadata, 1, warnings)


def _planes(image: Image.Image) -> tuple[Grey, Grey | None, NDArray[np.uint8] | None]:
    """Grey, alpha and colours of an 8-bit picture; grey by BT.601, as in JPEG."""
    if image.mode.startswith("I") or image.mode in ("F", "LAB"):
        raise PhotoError(f"pixels of kind {image.mode} are not supported; save it as grey or RGB")
    image.load()
    alpha = None
    coloured = image.mode not in ("1", "L", "LA", "La")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = np.asarray(image.getchannel("A"))
    image = image.convert("RGB") if coloured else image
    rgb = _reduced(image) if coloured else None
    return np.asarray(image.convert("L")), _unless_opaque(alpha), rgb


def _reduced(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.reduce(max(1, max(image.size) // (2 * THUMBNAIL))))


def _cv2_pixels(data: bytes) -> NDArray[np.uint16]:
    """(H,W,C) uint16 with colours in the order R, G, B, A."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise ValueError("the 16-bit pixels cannot be decoded")
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[pixels.shape[2]]
    return np.asarray(pixels[..., order], dtype=np.uint16)


def _deep_tiff_planes(data: bytes, page: Any) -> tuple[Grey, Grey | None, NDArray[np.uint8] | None]:
    kind = getattr(page.photometric, "name", "")
    if page.dtype != np.uint16 or kind not in _DEEP_KINDS:
        raise PhotoError(
            f"16-bit TIFF of kind {kind or 'unknown'} ({page.dtype}) is not supported; "
            "save it as 16-bit grey or RGB"
        )
    pixels = _tiff_pixels(data, page)
    return _deep_planes(np.uint16(65535) - pixels if kind == "MINISWHITE" else pixels)


def _tiff_pixels(data: bytes, page: Any) -> NDArray[np.uint16]:
    try:
        pixels = iio.imread(io.BytesIO(data), plugin="tifffile", page=0)
    except ValueError as error:
        # LZW and other codecs need the imagecodecs package; cv2 knows the common ones.
        if "imagecodecs" not in str(error):
            raise
        return _cv2_pixels(data)
    if pixels.ndim == 3 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
        pixels = np.moveaxis(pixels, 0, -1)
    return np.atleast_3d(pixels)


def _deep_planes(
    pixels: NDArray[np.uint16],
) -> tuple[Grey, Grey | None, NDArray[np.uint8] | None]:
    """Grey, alpha and small colours of (H,W,C) pixels, C being grey, grey + alpha, RGB or RGBA."""
    channels = pixels.shape[2]
    alpha = np.ascontiguousarray(pixels[..., -1]) if channels in (2, 4) else None
    if channels < 3:
        return np.ascontiguousarray(pixels[..., 0]), _unless_opaque(alpha), None
    # BT.601 in the fixed point that Pillow uses; the sum stays below 2**32.
    weighted = [pixels[..., i] * np.uint32(w) for i, w in enumerate((19595, 38470, 7471))]
    grey = ((weighted[0] + weighted[1] + weighted[2] + np.uint32(32768)) >> 16).astype(np.uint16)
    step = max(1, max(grey.shape) // (4 * THUMBNAIL))
    rgb = (pixels[::step, ::step, :3] >> 8).astype(np.uint8)
    same = bool((rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 0] == rgb[..., 2]).all())
    return grey, _unless_opaque(alpha), None if same else rgb


def _unless_opaque(alpha: Grey | None) -> Grey | None:
    if alpha is None or bool((alpha == np.iinfo(alpha.dtype).max).all()):
        return None
    return alpha


def _pillow_blocks(image: ImageFile.ImageFile) -> tuple[Metadata, int]:
    info = image.info
    exif = info.get("exif")
    exif = exif.removeprefix(EXIF_PREFIX) if exif else None
    metadata = Metadata(exif, info.get("icc_profile"), info.get("xmp"), _dpi(info.get("dpi")))
    return metadata, exif_orientation(exif or b"")


def _tiff_blocks(data: bytes, page: Any) -> tuple[Metadata, int]:
    def tag(code: int) -> Any:
        return page.tags.valueof(code)

    # A resolution is a fraction; 3 stands for centimetres, 1 for no unit.
    scale = {2: 1.0, 3: 2.54}.get(tag(296) or 2, 0.0)
    dpi = _dpi([n * scale / d for n, d in (tag(282), tag(283))]) if tag(282) and tag(283) else None
    metadata = Metadata(_exif_of_tiff(data, page), tag(_ICC_TAG), tag(_XMP_TAG), dpi)
    orientation = tag(ORIENTATION)
    return metadata, int(orientation) if orientation in range(1, 9) else 1


def _exif_of_tiff(data: bytes, page: Any) -> bytes | None:
    """The describing tags of a TIFF and its EXIF and GPS directories, as a block of their own."""
    found, block = Image.Exif(), Image.Exif()
    found.endian, found.bigtiff = page.parent.byteorder, page.parent.is_bigtiff
    found.load_from_fp(io.BytesIO(data), page.offset)
    for tag in _DESCRIPTIVE:
        if tag in found:
            block[tag] = found[tag]
    for tag in (_EXIF_IFD, _GPS_IFD):
        if tag in found:
            block[tag] = found.get_ifd(tag)
    return block.tobytes().removeprefix(EXIF_PREFIX) if len(block) else None


def _dpi(found: Any) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in found)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 <= across <= 65535 and 1 <= down <= 65535 else None


def _frames(image: Any) -> tuple[str, ...]:
    count = getattr(image, "n_frames", 1)
    return (f"has {count} frames; only the first is used",) if count > 1 else ()
