"""The log of a run: one JSON object a line, always; tensorboard if it is asked for."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from colorize_cli.common.installing import install_command
from colorize_cli.errors import UsageError


class Journal:
    """Appends figures to `folder/<name>.jsonl` and, with `tensorboard`, to `folder/tensorboard`."""

    def __init__(self, folder: Path, name: str, *, tensorboard: bool = False) -> None:
        self._path = folder / f"{name}.jsonl"
        self._name = name
        self._writer: Any = _writer(folder / "tensorboard" / name) if tensorboard else None

    def write(self, row: dict[str, Any]) -> None:
        """Add the figures of a step; `row["step"]` tells which."""
        short = {key: _short(value) for key, value in row.items()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(short) + "\n")
        if self._writer is not None:
            for key, value in row.items():
                self._writer.add_scalar(f"{self._name}/{key}", value, row["step"])
            self._writer.flush()


def _short(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    # JSON knows no NaN.
    return round(value, 6) if math.isfinite(value) else None


class RunningMeans:
    """Of the figures of a loss, for a log that can be read; NaN until one was finite."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def add(self, figures: dict[str, float]) -> None:
        """Take in the figures of a step; those that are not finite are left out."""
        for key, value in figures.items():
            before = self.values.setdefault(key, math.nan)
            if math.isfinite(value):
                self.values[key] = value if math.isnan(before) else 0.98 * before + 0.02 * value


def _writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UsageError(
            f"tensorboard is missing. Install it with: {install_command('tensorboard')}"
        ) from error
    return SummaryWriter(str(folder))
