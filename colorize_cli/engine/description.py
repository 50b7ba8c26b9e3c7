"""How an engine is built anew in another process: from a description, as networks and locks do not travel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EngineDescription:
    """What a `Colorizer` is opened with; weights: None for those that ship, sha256: of their file."""

    weights: Path | None
    sha256: str
    device: str = "auto"
    precision: str = "auto"
