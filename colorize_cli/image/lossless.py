"""A colour JPEG with the luminance coefficients of a JPEG scan, so that its grey is the scan's, bit for bit.

Decoders compute the grey of a JPEG from its luminance coefficients and their quantisation table alone; both
are carried over untouched, chroma is put beside them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import simplejpeg

from colorize_cli.errors import PhotoError, UsageError
from colorize_cli.image.containers import jpeg_metadata
from colorize_cli.image.metadata import exif_orientation

_NEEDED = "--lossless-luma needs one more package: pip install 'colorize-cli[lossless]'"


def require() -> None:
    """UsageError, with what to install, where jpeglib is missing."""
    try:
        import jpeglib  # noqa: F401
    except ImportError:
        raise UsageError(_NEEDED) from None


def hindrance(scan: bytes) -> str | None:
    """Why a scan's luminance cannot be carried over as it stands; None if it can."""
    if scan[:3] != b"\xff\xd8\xff":
        return "it is no JPEG"
    if simplejpeg.decode_jpeg_header(scan, strict=False)[2] not in ("Gray", "YCbCr"):
        return "its JPEG does not hold luminance as such"
    # Turning coefficients would move the edge blocks that stand over the picture's sides.
    if exif_orientation(jpeg_metadata(scan).exif or b"") != 1:
        return "its EXIF says that it is to be turned"
    return None


def with_luma_of(scan: bytes, coloured: bytes) -> bytes:
    """A colour JPEG of the same size -> the same with the scan's luminance coefficients.

    PhotoError where the library cannot read the scan, or the result is not what it should be.
    """
    import jpeglib

    with tempfile.TemporaryDirectory(prefix="colorize-") as folder:
        paths = [Path(folder, name) for name in ("scan.jpg", "coloured.jpg", "out.jpg")]
        for path, data in zip(paths, (scan, coloured), strict=False):
            path.write_bytes(data)
        try:
            source, target = (jpeglib.read_dct(str(path)) for path in paths[:2])
            _carry(source, target)
            target.write_dct(str(paths[2]))
        except (OSError, ValueError, RuntimeError) as error:
            raise PhotoError(f"its luminance cannot be carried over ({error})") from error
        return paths[2].read_bytes()


def _carry(source: Any, target: Any) -> None:
    if source.Y.shape != target.Y.shape:
        raise ValueError("its blocks are laid out in another way")
    target.Y = source.Y
    tables = target.qt.copy()
    tables[target.quant_tbl_no[0]] = source.qt[source.quant_tbl_no[0]]
    target.qt = tables
