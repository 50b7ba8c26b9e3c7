"""The description of a network, stored inside its weights file."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from colorize_cli.model.networks.backbone import FEATURE_STRIDES, feature_channels


@dataclass(frozen=True)
class ModelConfig:
    """Everything needed to build the networks, in pixels and channels; the defaults are preset `photo`."""

    architecture: str = "photo"  # or "grid" (networks/grid), "paper" (no skips), "paper-skip"
    backbone: str = "lite1"
    view: int = 160  # side of the square grey picture that the mixture sees, a multiple of 32
    # Of the view that is coloured: side of a square with as many pixels. None: that square serves for both.
    detail: int | None = None
    z_dim: int = 64
    encoder_widths: tuple[int, ...] = (48, 96, 160)  # strides 2, 4, 8 of the colour field
    decoder_widths: tuple[int, ...] = (256, 192, 112, 64)  # at strides 32, 16, 8, 4 of the view
    grid_width: int = 96  # of the layers that codes move, for architecture grid
    grid_basis: int = 24  # channels that colours are linear in
    grid_blocks: int = 3
    components: int = 8  # of the mixture, as in the paper
    mdn_widths: tuple[int, ...] = (128, 512)
    mdn_pools: int = 0  # of architecture grid: what attention gathers from the maps, beside their mean
    mdn_dropout: float = 0.3
    mdn_variance: float | None = None  # of every component; None: learned, for each dimension
    temperature: float = 0.3  # noise of variants 2 to `components`, in standard deviations
    saturation: float = 1.0  # factor on every colour field: the decoder, trained to err little, is pale
    first_saturation: float | None = None  # the same for variant 1, the palest; None: that of the others
    first_leveling: float = 0.0  # power by which pale photos gain more in variant 1
    diversity: float = 0.0  # 0 to 1: how much candidates unlike those taken count when variants are chosen

    def __post_init__(self) -> None:
        if self.architecture not in ("photo", "grid", "paper", "paper-skip"):
            raise ValueError(f"no architecture is called {self.architecture!r}")

    @property
    def field(self) -> int:
        """Side of the colour field: one quarter of the view, or the paper's 64."""
        return 64 if self.is_paper else self.view // 4

    @property
    def is_paper(self) -> bool:
        """Whether the networks are the paper's, which know one size of view."""
        return self.architecture.startswith("paper")

    @property
    def strides(self) -> tuple[int, ...]:
        """Strides of the grey features."""
        return (4, *FEATURE_STRIDES) if self.architecture == "grid" else FEATURE_STRIDES

    @property
    def features(self) -> tuple[int, ...]:
        """Channels of the grey features, finest first."""
        return feature_channels(self.backbone, self.strides)

    def to_json(self) -> str:
        """The config as JSON text with sorted keys."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> ModelConfig:
        """Read `to_json`'s text; raises ValueError or TypeError for anything it would not write."""
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("the config is not a JSON object")
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        # Of files of before there was one MDN only; `weights` refuses those that hold the other.
        known.pop("mdn_trunk", None)
        return cls(**known)
