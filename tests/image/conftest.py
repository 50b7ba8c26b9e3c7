"""Small photos made on the spot, and the same colours for all."""

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from colorize_cli.image.canvas import Canvas
from colorize_cli.image.encoding import Encoding, Subsampling
from colorize_cli.image.jpeg.writing import encode_jpeg
from colorize_cli.image.metadata.provenance import Provenance
from colorize_cli.image.photo import Metadata, Photo
from colorize_cli.image.writing import encode_picture


def scene(height=60, width=80, seed=0, dtype=np.uint8):
    """A smooth grey scene that uses most of the range."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((5, 7), dtype=np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.rint(smooth * np.iinfo(dtype).max).astype(dtype)


def field(size=12, strength=40.0, seed=1):
    """A smooth (2,size,size) ab field."""
    coarse = np.random.default_rng(seed).normal(0, strength, (3, 3, 2)).astype(np.float32)
    smooth = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(np.moveaxis(smooth, -1, 0))


def photo(luma=None, **changes):
    """A photo as `read_photo` would give it."""
    luma = scene(61, 83) if luma is None else luma
    return replace(Photo(Path("a.tif"), luma, None, "tiff", Metadata(), "ef" * 32, 0.0), **changes)


def written(photo, ab, provenance, fmt, quality=92, subsampling=Subsampling.HALF, **options):
    """The bytes of a finished picture."""
    file = io.BytesIO()
    encode_picture(file, Canvas(photo), ab, Encoding(fmt, quality, subsampling, **options), provenance)
    return file.getvalue()


def coded(canvas, ab, encoding):
    """The bytes of a JPEG without metadata."""
    return b"".join(encode_jpeg(canvas, ab, encoding))


@pytest.fixture
def provenance():
    return Provenance("1.2.3", "lite1-photo", "ab" * 32, 7, 2, "großmutter <1>.jpg", "cd" * 32)


@pytest.fixture
def make(tmp_path):
    """Write bytes to a file and give its path."""

    def write(data, name="photo.bin"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write
