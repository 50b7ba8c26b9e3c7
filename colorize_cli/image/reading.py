"""Reading a photo from a file that is only ever opened for reading."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from colorize_cli.common.regular import reading
from colorize_cli.errors import PhotoError
from colorize_cli.image.codecs import CODECS
from colorize_cli.image.colour.already_colour import photo_chroma
from colorize_cli.image.colour.black_and_white import WARNING, takes_no_colour
from colorize_cli.image.formats import FileFormat, format_of
from colorize_cli.image.icc.profile import to_srgb
from colorize_cli.image.metadata.credentials import credential_warnings
from colorize_cli.image.metadata.upright import upright_metadata
from colorize_cli.image.photo import Photo
from colorize_cli.image.planes import Scan

Plane = TypeVar("Plane", bound=NDArray[np.generic])


def read_photo(path: Path, *, max_mpixels: float = 500, page: int = 0) -> Photo:
    """The photo in a file of one of the formats of `formats`, told by its content, upright.

    `page`, from 0, is that of a multi-page TIFF.

    PhotoError, naming the file and what to do, for everything that cannot be read. A damaged
    metadata block costs that block and a warning.
    """
    return photo_in(file_bytes(path), path, max_mpixels=max_mpixels, page=page)


def photo_in(data: bytes, path: Path, *, max_mpixels: float = 500, page: int = 0) -> Photo:
    """The photo in the bytes of a file; path: what they are called in messages. See `read_photo`."""
    fmt = _format_of(path, data)
    try:
        return _photo(path, fmt, data, CODECS[fmt.name].decode(data, max_mpixels, page))
    except PhotoError as error:
        raise PhotoError(f"{path}: {error}") from None
    except MemoryError:
        raise PhotoError(f"{path}: not enough memory to decode it; make it smaller") from None
    # Decoders raise what they like on damaged bytes; this is the boundary for one file.
    except Exception as error:
        raise PhotoError(
            f"{path}: damaged or cut short ({_reason(error)}); copy it again from its source, "
            "or open it in an image editor and save it anew"
        ) from error


def file_bytes(path: Path) -> bytes:
    """A file's content; PhotoError if it has none or cannot be opened."""
    try:
        if not path.is_file():
            raise PhotoError(f"{path}: not a file; check the name")
        with reading(path) as file:
            data = file.read()
    except OSError as error:
        reason = error.strerror or error
        raise PhotoError(f"{path}: cannot be opened ({reason}); check its permissions") from error
    if not data:
        raise PhotoError(f"{path}: the file is empty; copy it again from its source")
    return data


def _format_of(path: Path, data: bytes) -> FileFormat:
    fmt = format_of(data)
    if fmt is None:
        raise PhotoError(f"{path}: not a kind of picture that is known; convert it to TIFF, PNG or JPEG")
    return fmt


def _photo(path: Path, fmt: FileFormat, data: bytes, scan: Scan) -> Photo:
    luma = upright(scan.grey, scan.orientation)
    metadata, warnings = upright_metadata(scan.metadata, scan.orientation, luma.shape)
    if takes_no_colour(luma):
        warnings += (WARNING,)
    warnings = tuple(dict.fromkeys((*scan.warnings, *warnings, *credential_warnings(data))))
    return Photo(
        path=path,
        luma=luma,
        alpha=None if scan.alpha is None else upright(scan.alpha, scan.orientation),
        format=fmt.name,
        metadata=metadata,
        digest=hashlib.sha256(data).hexdigest(),
        chroma=0.0 if scan.rgb is None else photo_chroma(to_srgb(scan.rgb, metadata.icc)),
        warnings=warnings,
        jpeg=data if fmt.name == "jpeg" else None,
    )


def upright(plane: Plane, orientation: int) -> Plane:
    """A (H,W) plane stored with an EXIF orientation of 1 to 8 -> as it is to be seen."""
    turned: NDArray[np.generic] = plane.T if orientation >= 5 else plane
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return np.ascontiguousarray(turned[::rows, ::columns])  # type: ignore[return-value]


def _reason(error: Exception) -> str:
    """The decoder's words where they are a sentence, not a bare key or number."""
    text = " ".join(str(error).split())
    return text[:200] if " " in text else "its data makes no sense"
