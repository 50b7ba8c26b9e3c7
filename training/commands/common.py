"""What the commands share: the console, kinds of paths, and flags made of dataclasses of options."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, TextColumn

PATH = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)
console = Console(stderr=True)


class Watch:
    """Progress for people: a bar on a terminal, a line now and then in a log file."""

    def __init__(self, name: str, steps: int) -> None:
        self._bar = Progress(
            *Progress.get_default_columns(), TextColumn("{task.fields[note]}"), console=console
        )
        self._task = self._bar.add_task(name, total=steps, note="")

    def __enter__(self) -> Watch:
        if console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()

    def tick(self, step: int) -> None:
        """The step that is done."""
        self._bar.update(self._task, completed=step)

    def log(self, row: dict[str, Any]) -> None:
        """Figures of a step: beside the bar, and as a line where there is none or photos were measured."""
        text = "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
        self._bar.update(self._task, note=f"{row.get('img/s', 0.0):.0f} img/s")
        if not console.is_terminal or any(key.startswith("val_") for key in row):
            console.print(text, highlight=False, soft_wrap=True)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def flags(cls: type[Any]) -> Callable[[Any], Any]:
    """One flag for each field of a dataclass of options: name, default and help stand there once."""

    def add(function: Any) -> Any:
        for field in reversed(dataclasses.fields(cls)):
            required = field.default is dataclasses.MISSING
            if field.default is None:
                function = click.option(_flag(field.name), type=float, help=field.metadata["help"])(function)
                continue
            settings: dict[str, Any] = (
                {"required": True, "type": int} if required else {"default": field.default}
            )
            flag = _flag(field.name)
            if isinstance(field.default, bool):
                flag = f"{flag}/--no-{flag[2:]}"
            text = field.metadata.get("help", "In all, earlier sittings included.")
            function = click.option(flag, show_default=not required, help=text, **settings)(function)
        return function

    return add


def pick(cls: type[Any], values: dict[str, Any]) -> Any:
    """The dataclass `cls` from those values that are its fields."""
    return cls(**{field.name: values[field.name] for field in dataclasses.fields(cls)})


weights_option = click.option(
    "--weights",
    type=PATH,
    help="Weights file to measure.  [default: those that ship with colorize]",
)
variants_option = click.option("-n", "--variants", default=5, show_default=True, type=click.IntRange(1, 100))
device_option = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps."
)
