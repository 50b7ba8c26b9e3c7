"""Colour for old photographs: a VAE of colour fields and a mixture density network (CVPR 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from colorize_cli.engine.colorizer import Colorizer
    from colorize_cli.run.folder import colorize_folder

__version__ = "0.1.0"
RELEASED = "2026-11-28"  # the day of this version, or of its last work; manual pages say it
__all__ = ["RELEASED", "Colorizer", "__version__", "colorize_folder"]


def __getattr__(name: str) -> object:
    # Loaded on first use, so that `colorize --help` does not wait for torch.
    if name == "Colorizer":
        from colorize_cli.engine.colorizer import Colorizer

        return Colorizer
    if name == "colorize_folder":
        from colorize_cli.run.folder import colorize_folder

        return colorize_folder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
