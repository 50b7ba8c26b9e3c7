"""What a file holds, as it stands: its planes of grey and transparency, and a few colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorize_cli.errors import PhotoError
from colorize_cli.image.colour.already_colour import THUMBNAIL
from colorize_cli.image.icc.profile import image_in_srgb
from colorize_cli.image.metadata.exif import EXIF_PREFIX, clean_dpi, exif_orientation
from colorize_cli.image.photo import Grey, Metadata, Pixels

# Rows turned into grey at a time: all at once took more memory than the scan itself.
_STRIP_ROWS = 256
# Grey, alpha and colours, as in Scan.
Planes: TypeAlias = tuple[Grey, Grey | None, NDArray[np.uint8] | None]


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


@dataclass(frozen=True, eq=False)
class Colours:
    """All colours of a file as they stand: rgb (H,W,3) of 8 or 16 bits, not upright, by the profile icc."""

    rgb: Pixels
    orientation: int
    icc: bytes | None


def check_size(width: int, height: int, max_mpixels: float) -> None:
    """PhotoError for a picture without pixels or with more than the limit."""
    if min(width, height) < 1:
        raise PhotoError("it has no pixels; copy it again from its source")
    if width * height > max_mpixels * 1e6:
        raise PhotoError(
            f"{width} x {height} pixels is more than the limit of {max_mpixels:g} megapixels; "
            "raise the limit (--max-mpixels) if the file can be trusted, or make the photo smaller"
        )


def shallow_planes(image: Image.Image) -> Planes:
    """Grey, alpha and colours of an 8-bit picture; grey by BT.601, as in JPEG."""
    if image.mode.startswith("I") or image.mode in ("F", "LAB"):
        raise PhotoError(f"pixels of kind {image.mode} are not supported; save it as grey or RGB")
    image.load()
    image = image_in_srgb(image, image.info.get("icc_profile")) if image.mode == "CMYK" else image
    alpha = None
    coloured = image.mode not in ("1", "L", "LA", "La")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = np.asarray(image.getchannel("A"))
    image = image.convert("RGB") if coloured else image
    rgb = _reduced(image) if coloured else None
    # Pillow copies even where there is nothing to convert.
    grey = image if image.mode == "L" else image.convert("L")
    return np.asarray(grey), _unless_opaque(alpha), rgb


def _reduced(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.reduce(max(1, max(image.size) // (2 * THUMBNAIL))))


def cv2_pixels(data: bytes, page: int = 0) -> NDArray[np.uint16]:
    """(H,W,C) uint16 with colours in the order R, G, B, A; `page` counts a TIFF's directories from 0."""
    encoded = np.frombuffer(data, np.uint8)
    # What it would write on the terminal about a file comes back as an error that names the file.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    if page:
        _, pages = cv2.imdecodemulti(encoded, cv2.IMREAD_UNCHANGED, range=(page, page + 1))
        pixels = pages[0] if pages else None
    else:
        pixels = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise ValueError("the 16-bit pixels cannot be decoded")
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[pixels.shape[2]]
    return np.asarray(pixels[..., order], dtype=np.uint16)


def deep_planes(pixels: NDArray[np.uint16]) -> Planes:
    """Grey, alpha and small colours of (H,W,C) pixels, C being grey, grey + alpha, RGB or RGBA."""
    channels = pixels.shape[2]
    alpha = np.ascontiguousarray(pixels[..., -1]) if channels in (2, 4) else None
    if channels < 3:
        return np.ascontiguousarray(pixels[..., 0]), _unless_opaque(alpha), None
    grey = np.empty(pixels.shape[:2], dtype=np.uint16)
    for rows in range(0, len(grey), _STRIP_ROWS):
        grey[rows : rows + _STRIP_ROWS] = _bt601(pixels[rows : rows + _STRIP_ROWS])
    step = max(1, max(grey.shape) // (4 * THUMBNAIL))
    rgb = (pixels[::step, ::step, :3] >> 8).astype(np.uint8)
    same = bool((rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 0] == rgb[..., 2]).all())
    return grey, _unless_opaque(alpha), None if same else rgb


def stretched(pixels: NDArray[np.uint16], most: int) -> NDArray[np.uint16]:
    """Samples of 0 to `most` as samples of 16 bits."""
    if most == 65535:
        return pixels
    return ((pixels.astype(np.uint32) * 65535 + most // 2) // most).clip(0, 65535).astype(np.uint16)


def _bt601(pixels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """In the fixed point that Pillow uses; the sum stays below 2**32."""
    weighted = [pixels[..., i] * np.uint32(w) for i, w in enumerate((19595, 38470, 7471))]
    total = (weighted[0] + weighted[1] + weighted[2] + np.uint32(32768)) >> 16
    return np.asarray(total, dtype=np.uint16)


def _unless_opaque(alpha: Grey | None) -> Grey | None:
    if alpha is None or bool((alpha == np.iinfo(alpha.dtype).max).all()):
        return None
    return alpha


def pillow_blocks(image: Image.Image) -> tuple[Metadata, int]:
    """The blocks that Pillow has found, and the orientation."""
    info = image.info
    exif = info.get("exif")
    exif = exif.removeprefix(EXIF_PREFIX) if exif else None
    metadata = Metadata(exif, info.get("icc_profile"), info.get("xmp"), clean_dpi(info.get("dpi")))
    return metadata, exif_orientation(exif or b"")


def frames(image: Any) -> tuple[str, ...]:
    """A warning for a picture that moves."""
    count = getattr(image, "n_frames", 1)
    return (f"has {count} frames; only the first is used",) if count > 1 else ()


def scan_of(image: Image.Image, max_mpixels: float) -> Scan:
    """What Pillow sees in a file of 8 bits."""
    check_size(*image.size, max_mpixels)
    return Scan(*shallow_planes(image), *pillow_blocks(image), frames(image))
