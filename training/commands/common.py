"""What the commands share: the console, kinds of paths, and flags made of dataclasses of options."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

PATH = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)
console = Console(stderr=True)


def flags(cls: type[Any]) -> Callable[[Any], Any]:
    """One flag for each field of a dataclass of options: name, default and help stand there once."""

    def add(function: Any) -> Any:
        for field in reversed(dataclasses.fields(cls)):
            required = field.default is dataclasses.MISSING
            settings: dict[str, Any] = (
                {"required": True, "type": int} if required else {"default": field.default}
            )
            flag = "--" + field.name.replace("_", "-")
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
