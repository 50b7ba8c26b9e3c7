"""Photos as programs have them: paths, bytes of a file, pictures of Pillow, arrays."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorize_cli.errors import PhotoError, UsageError
from colorize_cli.image.colour.already_colour import photo_chroma
from colorize_cli.image.icc.profile import to_srgb
from colorize_cli.image.metadata.upright import upright_metadata
from colorize_cli.image.photo import Metadata, Photo
from colorize_cli.image.planes import Scan, check_size, deep_planes, scan_of, shallow_planes
from colorize_cli.image.reading import photo_in, read_photo, upright

_KINDS = "a path, the bytes of a file, a picture of Pillow, or an array"
_LARGEST = 1e6  # megapixels: what is in memory already is no trap
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def photo_of(given: object) -> Photo:
    """The photo in whatever a program gives; PhotoError for what it holds, UsageError for what it is not.

    Arrays are (H,W) or (H,W,C), C being grey, grey + alpha, RGB or RGBA, of uint8, uint16, bool, or floats
    from 0 to 1. Colour counts as in a file: its grey is what is coloured.
    """
    if isinstance(given, (str, os.PathLike)):
        return read_photo(Path(given))
    if isinstance(given, (bytes, bytearray, memoryview)):
        return photo_in(bytes(given), Path("the bytes"))
    if isinstance(given, Image.Image) and not given.mode.startswith(("I", "F")):
        return _of_scan(scan_of(given, _LARGEST), given.tobytes())
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise PhotoError(f"this is no picture ({error}); give {_KINDS}") from error
    if array.dtype.kind not in "biuf" or array.ndim < 2:
        raise UsageError(f"{type(given).__name__} is no picture; give {_KINDS}")
    return _of_array(_samples(array))


def is_floating(given: object) -> bool:
    """Whether what is given has floats, so that its pictures have."""
    return getattr(getattr(given, "dtype", None), "kind", "") == "f"


def _samples(array: NDArray[np.generic]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """(H,W,C) of 8 or 16 bits."""
    pixels = array[..., None] if array.ndim == 2 else array
    if pixels.ndim != 3 or pixels.shape[2] not in _MODES:
        raise PhotoError(
            f"an array of shape {array.shape} is no picture: give (H,W) or (H,W,C) with 1 to 4 channels last"
            f"{' (x.transpose(1, 2, 0))' if array.ndim == 3 and array.shape[0] in _MODES else ''}"
        )
    check_size(pixels.shape[1], pixels.shape[0], _LARGEST)
    if pixels.dtype.kind == "f":
        return _of_floats(pixels.astype(np.float64))
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    if pixels.dtype.newbyteorder("=") == np.uint16:
        return pixels.astype(np.uint16)
    raise PhotoError(f"samples of kind {pixels.dtype} do not say what white is; make them uint8 or uint16")


def _of_floats(pixels: NDArray[np.float64]) -> NDArray[np.uint16]:
    if not bool(((pixels >= 0) & (pixels <= 1)).all()):  # NaN is neither
        raise PhotoError("floats are to be from 0, black, to 1, white; divide them by what is white")
    return np.asarray(np.rint(pixels * 65535), np.uint16)


def _of_array(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> Photo:
    data = np.ascontiguousarray(pixels).tobytes()
    if pixels.dtype == np.uint16:
        planes = deep_planes(np.asarray(pixels, np.uint16))
    else:
        flat = pixels[..., 0] if pixels.shape[2] == 1 else pixels
        planes = shallow_planes(Image.frombytes(_MODES[pixels.shape[2]], flat.shape[1::-1], data))
    return _of_scan(Scan(*planes, Metadata(), 1), data)


def _of_scan(scan: Scan, data: bytes) -> Photo:
    luma = upright(scan.grey, scan.orientation)
    metadata, warnings = upright_metadata(scan.metadata, scan.orientation, luma.shape)
    return Photo(
        path=Path(),
        luma=luma,
        alpha=None if scan.alpha is None else upright(scan.alpha, scan.orientation),
        format="",
        metadata=metadata,
        digest=hashlib.sha256(data).hexdigest(),
        chroma=0.0 if scan.rgb is None else photo_chroma(to_srgb(scan.rgb, metadata.icc)),
        warnings=(*scan.warnings, *warnings),
    )
