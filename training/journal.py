"""The log of a run: one JSON object a line, always; tensorboard if it is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from colorize_cli.errors import UsageError


class Journal:
    """Appends figures to `folder/<name>.jsonl` and, with `tensorboard`, to `folder/tensorboard`."""

    def __init__(self, folder: Path, name: str, *, tensorboard: bool = False) -> None:
        self._path = folder / f"{name}.jsonl"
        self._name = name
        self._writer: Any = _writer(folder / "tensorboard" / name) if tensorboard else None

    def write(self, row: dict[str, Any]) -> None:
        """Add the figures of a step; `row["step"]` tells which."""
        short = {k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(short) + "\n")
        if self._writer is not None:
            for key, value in row.items():
                self._writer.add_scalar(f"{self._name}/{key}", value, row["step"])
            self._writer.flush()


def _writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UsageError(
            'tensorboard is missing. Install it with: pip install "colorize-cli[tensorboard]".'
        ) from error
    return SummaryWriter(str(folder))
