"""Photoshop files: the flattened picture beside their layers, and the blocks that Pillow leaves in a list."""

from __future__ import annotations

import io

from PIL import PsdImagePlugin

from colorize_cli.errors import PhotoError
from colorize_cli.image.metadata.exif import exif_orientation
from colorize_cli.image.photo import Metadata
from colorize_cli.image.planes import Scan, check_size, shallow_planes

_IPTC, _PROFILE, _EXIF, _XMP = 1028, 1039, 1058, 1060
_DEPTH_AT, _MODE_AT = 22, 24
_MODES = (0, 1, 2, 3, 4)  # bitmap, grey, indexed, RGB, CMYK


def decode_psd(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in a PSD; see `codecs.Decoder`."""
    depth, mode = (int.from_bytes(data[at : at + 2], "big") for at in (_DEPTH_AT, _MODE_AT))
    if depth not in (1, 8) or mode not in _MODES:
        raise PhotoError(f"a Photoshop file of {depth} bits in mode {mode} is not supported; save it as TIFF")
    image = open_psd(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    found = {kind: block for kind, _, block in image.resources}
    metadata = Metadata(found.get(_EXIF), found.get(_PROFILE), found.get(_XMP), None, found.get(_IPTC))
    return Scan(*shallow_planes(image), metadata, exif_orientation(metadata.exif or b""))


def open_psd(file: io.BytesIO) -> PsdImagePlugin.PsdImageFile:
    """The flattened picture."""
    return PsdImagePlugin.PsdImageFile(file)
