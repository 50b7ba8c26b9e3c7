"""Presets: TOML files with the network and the flags of each stage; the command line comes first."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorize_cli.errors import UsageError

if TYPE_CHECKING:  # torch comes with it, and `--help` has no use for torch
    from colorize_cli.model.config import ModelConfig

_PACKAGE = "colorize_training"
_SECTIONS = ("model", "grid", "vae", "mdn")


@dataclass(frozen=True)
class Preset:
    """A name, fields of `ModelConfig`, and for each command the values of its flags."""

    name: str
    model: dict[str, Any]
    commands: dict[str, dict[str, Any]]

    def config(self, **given: Any) -> ModelConfig:
        """The network of the preset with the given fields on top; UsageError if it cannot be."""
        from colorize_cli.model.config import ModelConfig

        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in self.model.items()}
        try:
            config = ModelConfig(**(values | given))
        except (TypeError, ValueError) as error:
            raise UsageError(f"Preset {self.name}, section [model]: {error}.") from error
        for key, value in values.items():
            _check_kind(self.name, key, value, getattr(ModelConfig(), key))
        return config


def _check_kind(name: str, key: str, value: Any, default: Any) -> None:
    # A dataclass takes anything; the network would fail on it, far from here.
    kinds = (int, float) if default is None or isinstance(default, float) else (type(default),)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise UsageError(f"Preset {name}, section [model]: {key} = {value!r} is not like {default!r}.")


def preset_names() -> list[str]:
    """The presets that come with the package."""
    files = (resources.files(_PACKAGE) / "presets").iterdir()
    return sorted(Path(file.name).stem for file in files if file.name.endswith(".toml"))


def load_preset(name: str) -> Preset:
    """The preset of that name, or of that TOML file; UsageError if there is none or it is not valid."""
    try:
        if name in preset_names():
            text = (resources.files(_PACKAGE) / "presets" / f"{name}.toml").read_text("utf-8")
        else:
            text = Path(name).read_text("utf-8")
        values = tomllib.loads(text)
    except FileNotFoundError as error:
        raise UsageError(
            f"No preset is called {name}, and no file either. There are: {', '.join(preset_names())}."
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{name}: not a readable preset ({error}).") from error
    for section, content in values.items():
        if section not in _SECTIONS or not isinstance(content, dict):
            raise UsageError(f"Preset {name}: {section!r} is none of its sections, {', '.join(_SECTIONS)}.")
    return Preset(name, values.pop("model", {}), values)
