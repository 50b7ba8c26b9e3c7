"""The settings of a run, named like the flags of the command line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from colorize_cli.common.shard import Shard
from colorize_cli.image.encoding import Subsampling
from colorize_cli.image.formats import FORMATS, Format
from colorize_cli.image.metadata.source_type import SourceType

if TYPE_CHECKING:
    from colorize_cli.hints.palette import Palette
    from colorize_cli.image.certificates import Signing

# What is made of a photo: a variant, by its number from 1, or the map of how unsure its colours are.
UNCERTAINTY: Final = "uncertainty"
OutputKind = int | Literal["uncertainty"]

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


# What numbers may be, from and to.
VARIANTS, QUALITY, DETAIL = (1, 100), (1, 100), (160, 640)
DIVERSITY, PALETTE_STRENGTH = (0.0, 1.0), (0.0, 10.0)

# Settings that are one of a few words.
CHOICES: Final[dict[str, type[StrEnum]]] = {
    "format": Format,
    "chroma": Subsampling,
    "source_type": SourceType,
    "if_exists": IfExists,
    "if_color": IfColor,
    "precision": Precision,
    "hints": Hinting,
}


@dataclass(frozen=True, kw_only=True)
class PictureSettings:
    """Everything that decides on a picture besides photo, variant and weights; it makes its own digest.

    Not device and precision: they round differently (engine/precision.py says by how much), and a run that
    goes on on another machine shall not make everything anew.
    """

    seed: int = 0
    diversity: float | None = None  # 0..1: likely variants or different ones; None: as the weights ask for
    detail: int | None = (
        None  # how finely the photo is seen, see `engine/task.ViewSizes`; None: as weights ask for
    )
    hints: Hinting = Hinting.HARD  # of the files beside photos; off: they are not looked for
    palette: Palette | None = None  # colours to prefer
    palette_strength: float = 1.0
    format: Format = Format.SAME
    quality: int = 92  # of lossy formats, 1..100
    chroma: Subsampling = Subsampling.HALF
    lossless_luma: bool = False
    separate_scans: bool = False  # JPEG planes in a scan each: faster, but some viewers show them green
    source_type: SourceType = SourceType.COMPOSITE
    signing: Signing | None = None  # who signs the pictures (C2PA); None: nobody

    def digest(self, kind: Format, hints: str = "", look: str = "") -> str:
        """16 hex digits for a picture of this format.

        hints: the digest of the photo's hints, look: the name and digest of its group's look; "" for none.
        """
        decisive = {
            name: value for name, value in self._decisive().items() if self._matters(name, kind, hints)
        }
        decisive |= {"recipe": _RECIPE, "format": kind} | ({"hints": hints} if hints else {})
        decisive |= {"look": look} if look else {}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]

    def _decisive(self) -> dict[str, object]:
        """Every field, under the names that manifests of earlier versions were digested with."""
        own: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(PictureSettings)}
        own["hinting"] = own.pop("hints")
        own["interleaved"] = not own.pop("separate_scans")
        for name in ("palette", "signing"):
            own[name] = own[name].digest if own[name] else None
        return own

    def _matters(self, name: str, kind: Format, hints: str) -> bool:
        """Whether a field can change such a picture: what cannot shall not make old pictures anew."""
        return {
            "diversity": self.diversity is not None,  # else the weights decide, and those are known
            "detail": self.detail is not None,
            "hinting": bool(hints),
            "signing": self.signing is not None,
            "palette": self.palette is not None,
            "palette_strength": self.palette is not None,
            "quality": kind in FORMATS and FORMATS[kind].lossy,
            "chroma": kind is Format.JPEG,
            "lossless_luma": kind is Format.JPEG,
            "interleaved": kind is Format.JPEG,
        }.get(name, True)


@dataclass(frozen=True)
class RunSettings(PictureSettings):
    """Everything a run is asked to do; built once by the command line or a program."""

    paths: tuple[Path, ...] = ()
    files_from: Path | None = None  # a list of more paths; "-" is standard input
    null: bool = False  # the list is separated by NUL, not by line ends
    include: tuple[str, ...] = ()  # patterns; none: all photos
    exclude: tuple[str, ...] = ()
    ready: frozenset[str] | None = None  # of the photos found, those to colour now; None: all
    follow_symlinks: bool = False
    pages: tuple[int, ...] = ()  # of multi-page TIFFs, from 1; none: all
    variants: int = 5
    shard: Shard | None = None  # the share of all photos that this run takes; None: all
    output: Path | None = None  # None: beside the inputs, as `inputs/walk` says
    base: Path | None = None  # with `output`: photos' places below it are those of their pictures
    group: str | None = None  # which photos are to look like one series: a rule of `inputs/grouping`
    uncertainty: bool = False  # a map for each photo of how unsure its colours are, and a list of photos
    device: str = "auto"
    precision: Precision = Precision.AUTO
    cluster: str | None = None  # address of a Dask scheduler whose workers do the work; None: this machine
    batch_size: int | None = None  # photos to a model call; None: by device
    keep_times: bool = False
    durable: bool = False  # wait until every picture is on the disk
    if_exists: IfExists = IfExists.SKIP
    if_color: IfColor = IfColor.SKIP
    trust_mtime: bool = True  # a photo of the size and time that were noted is the same photo
    weights: Path | None = None  # None: those that ship with the package
    profile: bool = False  # show where the time went
    max_mpixels: float = 500.0  # a larger picture is refused before it is decoded

    @property
    def segment(self) -> str:
        """What the files are called after that this run keeps of its own in an output folder; "" for all."""
        return "" if self.shard is None else self.shard.segment

    @property
    def outputs(self) -> tuple[OutputKind, ...]:
        """What is wanted of every photo, in the order in which it is made."""
        maps: tuple[OutputKind, ...] = (UNCERTAINTY,) if self.uncertainty else ()
        return (*maps, *range(1, self.variants + 1))
