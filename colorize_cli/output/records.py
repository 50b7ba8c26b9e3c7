"""What is kept of photos and their pictures in an output folder."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Protocol

from colorize_cli.settings import UNCERTAINTY, OutputKind


@dataclass(frozen=True)
class Source:
    """The file that pictures were made from: path relative to the output folder, and what it was."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    page: int | None = None  # from 1, of a multi-page TIFF


@dataclass(frozen=True)
class Standing:
    """What the mixture thinks of a variant.

    weight: of its component, in [0,1]; log_likelihood: log P(z | grey) in nats; distance: mean ΔE, at equal
    lightness, to variant 1.
    """

    weight: float
    log_likelihood: float
    distance: float


def number_of(kind: OutputKind) -> int:
    """How manifests and reports state an output: a variant by its number, the map as 0."""
    return 0 if kind == UNCERTAINTY else kind


def kind_of(number: int) -> OutputKind:
    """The output that a number of `number_of` stands for."""
    return int(number) or UNCERTAINTY


@dataclass(frozen=True)
class Picture:
    """One output of a photo, in the folder of its other ones."""

    name: str
    kind: OutputKind
    size: int
    sha256: str
    recipe: str  # digest of the settings, as `PictureSettings.digest` gives it
    weights: str  # sha256
    source_sha256: str
    standing: Standing | None = None  # unknown of pictures that older versions made
    uncertainty: float | None = None  # of a map: its mean in ΔE

    def written(self) -> dict[str, object]:
        """What is its own in a line; the rest is the same for all pictures of a line."""
        own = {"name": self.name, "variant": number_of(self.kind), "size": self.size, "sha256": self.sha256}
        uncertainty = {} if self.uncertainty is None else {"uncertainty": self.uncertainty}
        return own | ({"standing": asdict(self.standing)} if self.standing else {}) | uncertainty


@dataclass(frozen=True)
class Pick:
    """What a person has chosen of a photo's variants, and where all of them went then.

    variant: 0 for none of them. paths: relative to the output folder; None: deleted.
    """

    variant: int
    paths: dict[OutputKind, str | None]


@dataclass(frozen=True)
class Entry:
    """All that is known of a photo: the source as last seen, its pictures, or why it has none."""

    target: str  # folder and stem of its pictures, relative to the output folder
    source: Source
    pictures: dict[OutputKind, Picture] = field(default_factory=dict)
    left_out: str | None = None
    pick: Pick | None = None
    pale_skin: int | None = None  # of the variants, see `engine/pale_skin`; older versions did not count it

    @property
    def variants(self) -> dict[int, Picture]:
        """The pictures that can be chosen, by their number."""
        return {kind: picture for kind, picture in self.pictures.items() if kind != UNCERTAINTY}

    def made_path(self, picture: Picture) -> str:
        """Where a run has put a picture, relative to the output folder."""
        return os.path.join(os.path.dirname(self.target), picture.name)  # noqa: PTH118, PTH120

    def path(self, picture: Picture) -> str | None:
        """Where a picture is now, relative to the output folder; None if it was deleted by choice."""
        if self.pick is None or picture.kind not in self.pick.paths:
            return self.made_path(picture)
        return self.pick.paths[picture.kind]


class Notes(Protocol):
    """What is noted of photos: a manifest, or what a worker elsewhere has of one."""

    @property
    def shared(self) -> bool:
        """Whether other runs write into the output folder, too."""

    def refresh(self) -> None:
        """Take note of what they have written since."""

    def entry(self, target: str) -> Entry | None:
        """What is known of a photo."""

    def append(
        self,
        target: str,
        source: Source,
        pictures: list[Picture] | None = None,
        left_out: str | None = None,
        pale_skin: int | None = None,
    ) -> None:
        """Note a photo."""
