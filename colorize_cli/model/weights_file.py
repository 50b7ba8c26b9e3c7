"""Which weights file is meant, and its digest; found without torch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from colorize_cli.common.digests import sha256_of
from colorize_cli.errors import WeightsError


def default_weights() -> Path:
    """The weights installed with the package, wherever the command is run; WeightsError if none are."""
    package = importlib.util.find_spec("colorize_pretrained")
    places = (package.submodule_search_locations if package else None) or []
    if not places:
        raise WeightsError("The package colorize_pretrained is missing. Install colorize again.")
    return Path(places[0]) / "photo.safetensors"


def weights_digest(path: Path | None) -> str:
    """sha256 of a weights file, None: of the one that ships; WeightsError if it cannot be read."""
    weights = default_weights() if path is None else path
    try:
        return sha256_of(weights)
    except OSError as error:
        raise WeightsError(
            f"{weights}: the weights cannot be read ({error.strerror}). Name a file with --weights."
        ) from error


def other_weights(path: Path | None, found: str, wanted: str) -> WeightsError:
    """What is said where a file (None: the one that ships) has another digest than the one wanted."""
    return WeightsError(
        f"{path or 'The installed weights'}: not the weights that were asked for (sha256 {found[:12]}, not "
        f"{wanted[:12]}). Install the same version of colorize, or copy the file anew."
    )
