"""Importing heavy packages: without a search for garbage, and with help where the system lacks something."""

from __future__ import annotations

import contextlib
import gc
import re
from collections.abc import Iterator

# System libraries that OpenCV's build for desktops misses on slim systems.
_OPENCV = re.compile(r"lib(?:xcb|GL|gthread|glib|X11|SM|Xext)\b")
_HELP_OPENCV = (
    "This system lacks what OpenCV needs ({reason}). On Debian or Ubuntu: "
    "apt-get install libgl1 libglib2.0-0 libxcb1. Or take the build that needs no system libraries and is "
    "interchangeable: pip uninstall opencv-python, then pip install opencv-python-headless."
)
_HELP_LIBRARY = (
    "This system lacks a library ({reason}). Install the package that has it; on Debian or Ubuntu "
    "apt-file search {library} names it."
)
_HELP_PACKAGE = (
    "The Python package {package} is missing or broken ({reason}). Install colorize again as README.md says."
)
_LIBRARY = re.compile(r"\blib[\w.+-]+\.(?:so|dylib|dll)\b[.\d]*")


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


def help_with(error: ImportError) -> str:
    """What is missing where a package cannot be loaded, and what to install."""
    reason, package = str(error), (error.name or "").split(".")[0]
    library = _LIBRARY.search(reason)
    if package == "cv2" or (library and _OPENCV.match(library[0])):
        return _HELP_OPENCV.format(reason=reason)
    if library:
        return _HELP_LIBRARY.format(reason=reason, library=library[0])
    return _HELP_PACKAGE.format(reason=reason, package=package)
