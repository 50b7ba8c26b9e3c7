"""Where the weights are that ship with the tool; found without torch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from colorize_cli.errors import WeightsError


def default_weights() -> Path:
    """The weights installed with the package, wherever the command is run; WeightsError if none are."""
    package = importlib.util.find_spec("colorize_pretrained")
    places = (package.submodule_search_locations if package else None) or []
    if not places:
        raise WeightsError("The package colorize_pretrained is missing. Install colorize again.")
    return Path(places[0]) / "photo.safetensors"
