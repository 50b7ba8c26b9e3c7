"""The user's config file: defaults for the flags of `colorize`, in TOML."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from colorize_cli.common.regular import reading
from colorize_cli.errors import UsageError


def config_path() -> Path:
    """`colorize/config.toml` in the user's config folder ($XDG_CONFIG_HOME or ~/.config; %APPDATA%)."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    return (Path(base) if base else Path.home() / ".config") / "colorize" / "config.toml"


def read_config(path: Path | None, known: set[str]) -> dict[str, Any]:
    """Defaults by parameter name (`batch-size` becomes `batch_size`), from `path` or the user's own file.

    UsageError if the file that was named cannot be read, is not TOML, or holds a key that is not `known`.
    """
    chosen = config_path() if path is None else path
    if path is None and not chosen.is_file():
        return {}
    try:
        with reading(chosen) as file:
            found = tomllib.load(file)
    except OSError as error:
        raise UsageError(f"{chosen}: the config file cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{chosen}: the config file is not TOML ({error}).") from error
    values = {key.replace("-", "_"): value for key, value in found.items()}
    if unknown := sorted(set(values) - known):
        flags = ", ".join(sorted(name.replace("_", "-") for name in known))
        raise UsageError(f"{chosen}: there is no setting {unknown[0]!r}. Known are {flags}.")
    return {name: _as_typed(chosen, name, value) for name, value in values.items()}


def _as_typed(path: Path, name: str, value: object) -> object:
    """A value as it would be typed behind its flag; UsageError for what nobody could type."""
    if isinstance(value, list):
        if any(isinstance(one, list) for one in value):
            raise UsageError(f"{path}: {name} is a list of lists.")
        return [_as_typed(path, name, one) for one in value]
    if isinstance(value, bool):
        return value
    if not isinstance(value, (str, int, float)) or "\0" in str(value):
        raise UsageError(f"{path}: {name} is no text, number, true or false.")
    return str(value)
