"""Options that commands share, and flags made of dataclasses of options and of presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from colorize_cli.errors import UsageError

from ..presets.preset import Preset, load_preset

PATH = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)


def _settings(field: dataclasses.Field[Any]) -> dict[str, Any]:
    """What click is told of a field's type and default; a field without default is a whole number."""
    if field.default is dataclasses.MISSING:
        return {"required": True, "type": int}
    kinds: dict[str, Any] = {"int": click.IntRange, "int | None": click.IntRange}
    settings: dict[str, Any] = {"default": field.default, "show_default": True}
    if "range" in field.metadata:
        settings["type"] = kinds.get(str(field.type), click.FloatRange)(*field.metadata["range"])
    elif "choices" in field.metadata:
        settings["type"] = click.Choice(field.metadata["choices"])
    elif field.default is None:
        settings["type"] = float
    return settings


def flags(cls: type[Any]) -> Callable[[Any], Any]:
    """One flag for each field of a dataclass of options: name, default and help stand there once."""

    def add(function: Any) -> Any:
        for field in reversed(dataclasses.fields(cls)):
            flag = "--" + field.name.replace("_", "-")
            if isinstance(field.default, bool):
                flag = f"{flag}/--no-{flag[2:]}"
            text = field.metadata.get("help", "In all, earlier sittings included.")
            function = click.option(flag, help=text, **_settings(field))(function)
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


def _apply_preset(context: click.Context, parameter: click.Parameter, name: str) -> Preset:
    preset = load_preset(name)
    command = str(context.info_name)
    section = {key.replace("-", "_"): value for key, value in preset.commands.get(command, {}).items()}
    unknown = set(section) - {str(p.name) for p in context.command.params}
    if unknown:
        raise UsageError(f"Preset {name}, section [{command}]: {command} has no flag {sorted(unknown)[0]}.")
    # click asks the default map only where the command line is silent.
    context.default_map = section
    return preset


def preset_option(default: str) -> Callable[[Any], Any]:
    """`--preset`: its section for the command becomes the command's defaults."""
    return click.option(
        "--preset",
        default=default,
        show_default=True,
        is_eager=True,
        callback=_apply_preset,
        metavar="NAME|FILE.toml",
        help="A preset that comes with colorize, or a TOML file of your own; flags override it.",
    )
