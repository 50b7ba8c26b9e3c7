"""Importing heavy packages: without a search for garbage, and with help where the system lacks something."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

from colorize_cli.errors import ColorizeError

_CV2_HELP = (
    "OpenCV cannot be loaded ({error}). On Debian or Ubuntu: apt-get install libgl1 libglib2.0-0. "
    "Or replace it by the build that needs no system libraries, which is interchangeable: "
    "pip uninstall opencv-python, then pip install opencv-python-headless."
)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Whatever exists at the end of the block is left out of all searches for garbage; for a command, once.

    torch brings some 280,000 objects. Searching them takes 0.1 s while they are made and 0.35 s when the
    process ends, where Python looks through all of them again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def require_cv2() -> None:
    """ColorizeError, with what to install, where OpenCV cannot be loaded."""
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        raise ColorizeError(_CV2_HELP.format(error=error)) from error
