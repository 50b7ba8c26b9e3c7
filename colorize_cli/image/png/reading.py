"""Reading PNG: 16 bits by imagecodecs, everything else by Pillow."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
from PIL import PngImagePlugin

from colorize_cli.image.metadata.exif import exif_orientation
from colorize_cli.image.planes import Scan, check_size, deep_planes, frames, shallow_planes
from colorize_cli.image.png.chunks import bare_png, check_png, png_metadata

_ANIMATION = (b"acTL", b"fcTL", b"fdAT")


def decode_png(data: bytes, max_mpixels: float, page: int = 0) -> Scan:
    """The scan in a PNG; see `codecs.Decoder`."""
    metadata, warnings = png_metadata(data)
    data = bare_png(data)
    image = PngImagePlugin.PngImageFile(io.BytesIO(data))
    check_size(*image.size, max_mpixels)
    # Pillow gives 8 bits for 16-bit colour without a word (python-pillow/Pillow#7723), OpenCV the last frame
    # of several and no transparent grey.
    if data[24] == 16:
        check_png(data)
        pixels = imagecodecs.png_decode(bare_png(data, _ANIMATION))
        planes = deep_planes(np.atleast_3d(pixels))
    else:
        planes = shallow_planes(image)
    orientation = exif_orientation(metadata.exif or b"")
    return Scan(*planes, metadata, orientation, frames(image) + warnings)
