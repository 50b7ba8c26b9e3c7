"""The settings of a run, named like the flags of the command line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from colorize_cli.image.metadata.source_type import SourceType

if TYPE_CHECKING:
    from colorize_cli.hints.palette import Palette
    from colorize_cli.inputs.grouping import Grouping

# Raised when the same settings would give another picture than before: then old outputs are made anew.
_RECIPE = 2


class IfExists(StrEnum):
    """What to do with a file that is in the place of an output and that no run has written."""

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
    AVIF = "avif"


_LOSSY = (Format.JPEG, Format.WEBP, Format.AVIF)


class Chroma(StrEnum):
    """Size of a JPEG's colour planes: half of the luminance's width and height, or all of it."""

    HALF = "4:2:0"
    FULL = "4:4:4"


class Precision(StrEnum):
    """Numbers that the decoder computes in; `auto`: the fastest that a CUDA card has, elsewhere float32."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class Hinting(StrEnum):
    """What is done with hints: the network is steered by them; what that leaves is put right, or not."""

    HARD = "hard"
    SOFT = "soft"
    OFF = "off"


@dataclass(frozen=True)
class RunSettings:
    """Everything a run is asked to do; built once by the command line or a program."""

    paths: tuple[Path, ...] = ()
    files_from: Path | None = None  # a list of more paths; "-" is standard input
    null: bool = False  # the list is separated by NUL, not by line ends
    include: tuple[str, ...] = ()  # patterns; none: all photos
    exclude: tuple[str, ...] = ()
    follow_symlinks: bool = False
    pages: tuple[int, ...] = ()  # of multi-page TIFFs, from 1; none: all
    variants: int = 5
    output: Path | None = None  # None: beside the inputs, as `planning` says
    seed: int = 0
    diversity: float | None = None  # 0..1: likely variants or different ones; None: as the weights ask for
    hints: Hinting = Hinting.HARD  # of the files beside photos; off: they are not looked for
    palette: Palette | None = None  # colours to prefer
    palette_strength: float = 1.0
    group: Grouping | None = None  # which photos are to look like one series
    uncertainty: bool = False  # a map for each photo of how unsure its colours are, and a list of photos
    device: str = "auto"
    precision: Precision = Precision.AUTO
    batch_size: int | None = None  # photos to a model call; None: by device
    format: Format = Format.SAME
    quality: int = 92  # of JPEG, WebP and AVIF, 1..100
    chroma: Chroma = Chroma.HALF
    lossless_luma: bool = False
    interleaved: bool = False  # JPEG planes in one scan, as cameras write them
    source_type: SourceType = SourceType.COMPOSITE
    keep_times: bool = False
    durable: bool = False  # wait until every picture is on the disk
    if_exists: IfExists = IfExists.SKIP
    if_color: IfColor = IfColor.SKIP
    trust_mtime: bool = True  # a photo of the size and time that were noted is the same photo
    weights: Path | None = None  # None: those that ship with the package
    profile: bool = False  # show where the time went
    max_mpixels: float = 500.0  # a larger picture is refused before it is decoded

    def recipe(self, kind: Format, hints: str = "", look: str = "") -> str:
        """16 hex digits for all that decides on a picture besides photo, variant and weights.

        hints: the digest of the photo's hints, look: the name and digest of its group's look; "" for none.
        """
        # Not device and precision: they round differently (engine.py says by how much), and a run that goes
        # on on another machine shall not make everything anew.
        decisive: dict[str, object] = {"recipe": _RECIPE, "format": kind, "seed": self.seed}
        decisive["source_type"] = self.source_type
        if self.diversity is not None:  # if nothing is asked for, the weights decide, and those are known
            decisive["diversity"] = self.diversity
        if kind in _LOSSY:
            decisive["quality"] = self.quality
        if kind is Format.JPEG:
            decisive |= {"chroma": self.chroma, "lossless_luma": self.lossless_luma}
            decisive["interleaved"] = self.interleaved
        # Only where they are: pictures without them stay what they were before hints were known.
        if hints:
            decisive |= {"hints": hints, "hinting": self.hints}
        if look:
            decisive["look"] = look
        if self.palette:
            decisive |= {"palette": self.palette.digest, "palette_strength": self.palette_strength}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]
