"""Pictures as a browser can show them: upright 8-bit sRGB JPEGs, small or at full size."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from colorize_cli.image.codecs import CODECS
from colorize_cli.image.formats import FileFormat, format_of
from colorize_cli.image.icc.profile import image_in_srgb, space_of, to_srgb
from colorize_cli.image.jpeg.segments import jpeg_metadata
from colorize_cli.image.metadata.exif import EXIF_PREFIX, exif_orientation
from colorize_cli.image.planes import Colours
from colorize_cli.image.reading import file_bytes, read_photo, upright

Eight = NDArray[np.uint8]

_COLOURED = ("RGB", "RGBA", "CMYK", "P")
_NO_LIMIT = 1e6  # megapixels; a run has read the picture before


@dataclass(frozen=True, eq=False)
class ScreenPicture:
    """A picture for a screen.

    pixels: (H,W) grey or (H,W,3) RGB, sRGB, upright; digest: sha256 of the file; native: whether a
    browser shows the file itself like this.
    """

    pixels: Eight
    digest: str
    native: bool


def screen_picture(path: Path, *, page: int = 0, least: int | None = None) -> ScreenPicture:
    """The picture in a file of any kind that is read, `page` of a TIFF counted from 0.

    With `least` it may come smaller, with at least so many pixels on its longer side where the file
    has them. PhotoError as from `read_photo`.
    """
    data = file_bytes(path)
    digest, fmt = hashlib.sha256(data).hexdigest(), format_of(data)
    # The colours of odd files are a courtesy; whatever they raise, the grey is there.
    try:
        pixels, native = _jpeg(data, least) if fmt and fmt.name == "jpeg" else _coloured(fmt, data, page)
    except Exception:
        pixels, native = None, False
    return ScreenPicture(_grey(path, page) if pixels is None else pixels, digest, native)


def browser_jpeg(pixels: Eight, side: int, quality: int) -> bytes:
    """The pixels as JPEG, made smaller by area averaging where the longer side exceeds `side`."""
    scale = side / max(pixels.shape[:2])
    if scale < 1:
        size = [max(1, round(length * scale)) for length in pixels.shape[1::-1]]
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    grey = pixels.ndim == 2
    stored = np.ascontiguousarray(pixels[..., None] if grey else pixels)
    space, sampling = ("GRAY", "Gray") if grey else ("RGB", "420")
    return simplejpeg.encode_jpeg(stored, quality, space, sampling, fastdct=True)  # type: ignore[no-any-return]


def _jpeg(data: bytes, least: int | None) -> tuple[Eight | None, bool]:
    height, width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    if space in ("CMYK", "YCCK"):
        return None, False
    metadata, _ = jpeg_metadata(data)
    wanted = {"min_height": 0, "min_width": 0}
    if least is not None:
        wanted["min_width" if width >= height else "min_height"] = least
    rgb = simplejpeg.decode_jpeg(data, "RGB", **wanted)
    turned = _turned(rgb, exif_orientation(metadata.exif or b""))
    return to_srgb(turned, metadata.icc) if metadata.icc else turned, True


def _turned(rgb: Eight, orientation: int) -> Eight:
    if orientation == 1:
        return rgb
    return np.stack([upright(rgb[..., i], orientation) for i in range(3)], axis=-1)


def _coloured(fmt: FileFormat | None, data: bytes, page: int) -> tuple[Eight | None, bool]:
    """Colours of a file that is no JPEG, None where it has none, and whether a browser shows the file."""
    codec = CODECS[fmt.name] if fmt else None
    if codec and codec.colours:
        found = codec.colours(data, page)
        return None if found is None else _as_seen(found), False
    if fmt is None or codec is None or codec.open_image is None:
        return None, False  # it is shown in the grey that a run sees
    image: Any = codec.open_image(io.BytesIO(data))
    image.load()
    if exif_orientation(_exif(image)) != 1:
        return None, False
    native, profile = bool(fmt.media_type), image.info.get("icc_profile")
    if image.mode not in _COLOURED:
        return None, native
    rgb = image_in_srgb(image, profile) if image.mode in ("RGB", "CMYK") else image
    return np.asarray(rgb.convert("RGB")), native


def _as_seen(found: Colours) -> Eight:
    shallow = found.rgb if found.rgb.dtype == np.uint8 else found.rgb >> 8
    return to_srgb(_turned(np.asarray(shallow, np.uint8), found.orientation), found.icc)


def _exif(image: Any) -> bytes:
    exif: bytes = image.info.get("exif") or b""
    return exif.removeprefix(EXIF_PREFIX)


def _grey(path: Path, page: int) -> Eight:
    photo = read_photo(path, max_mpixels=_NO_LIMIT, page=page)
    space = space_of(photo.metadata.icc)
    deep = photo.luma.dtype == np.uint16
    if space is None or space.is_srgb:
        return np.asarray(photo.luma >> 8 if deep else photo.luma, np.uint8)
    codes = (space.to_srgb >> 8).astype(np.uint8)
    return codes[photo.luma if deep else photo.luma.astype(np.uint16) * 257]
