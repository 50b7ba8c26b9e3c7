"""The settings of a run, named like the flags of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class IfExists(StrEnum):
    """What to do with an output file that is already there."""

    SKIP = "skip"
    OVERWRITE = "overwrite"
    RENAME = "rename"
    ERROR = "error"


class IfColor(StrEnum):
    """What to do with a photo that is already in colour."""

    SKIP = "skip"
    COLORIZE = "colorize"


class Format(StrEnum):
    """File format of the outputs; `same` follows each source."""

    SAME = "same"
    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    WEBP = "webp"


@dataclass(frozen=True)
class RunSettings:
    """Everything a run is asked to do; built once by the command line or a program."""

    paths: tuple[Path, ...]
    variants: int = 5
    output: Path | None = None  # None: beside the inputs, as `planning` says
    seed: int = 0
    device: str = "auto"
    batch_size: int | None = None  # photos to a model call; None: by device
    format: Format = Format.SAME
    quality: int = 92  # of JPEG and WebP, 1..100
    if_exists: IfExists = IfExists.SKIP
    if_color: IfColor = IfColor.SKIP
    weights: Path | None = None  # None: those that ship with the package
    max_mpixels: float = 500.0  # a larger picture is refused before it is decoded
