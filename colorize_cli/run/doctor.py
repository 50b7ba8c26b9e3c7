"""What this machine and this installation can do, and what is wrong with them: for people and for reports."""

from __future__ import annotations

import functools
import importlib
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib

from colorize_cli import __version__
from colorize_cli.common.imports import help_with
from colorize_cli.common.installing import install_command, installed, name_of, packages_of
from colorize_cli.errors import ColorizeError, ExitCode
from colorize_cli.image.formats import FORMATS

_EXTRAS = ("heic", "lossless", "watch", "cluster", "cloud", "c2pa", "train")  # those that users ask for
_MODULES = ("cv2", "torch", "imagecodecs", "PIL", "simplejpeg", "tifffile")  # with libraries of the system
_TRIAL = (1000, 1500)  # pixels of the photo that is coloured
_VARIANTS = 5


@dataclass(frozen=True)
class Finding:
    """A line of the examination; fault: the exit code of what is wrong, if something is."""

    subject: str
    text: str
    fault: ExitCode | None = None


def examine(weights: Path | None, device: str) -> Iterator[Finding]:
    """Look at one thing after the other and go on whatever is wrong; the last is a photo that is coloured."""
    yield Finding("system", _system())
    yield _packages()
    yield from (_extra(extra) for extra in _EXTRAS)
    for module in _MODULES:
        yield from _tried("packages", functools.partial(_import, module))
    yield Finding("formats", _formats())
    yield from _tried("devices", _devices)
    yield from _tried("weights", lambda: _weights(weights))
    yield from _tried("trial", lambda: _trial(weights, device))


def _tried(subject: str, look: Callable[[], str | None]) -> Iterator[Finding]:
    """What a look says, if anything, or what it fails of."""
    try:
        if text := look():
            yield Finding(subject, text)
    except ColorizeError as error:
        yield Finding(subject, str(error), error.exit_code)
    except OSError as error:  # of a library that does not load on Windows
        yield Finding(subject, str(error), ExitCode.INTERNAL_ERROR)
    except ImportError as error:
        yield Finding(subject, help_with(error), ExitCode.INTERNAL_ERROR)


def _system() -> str:
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB of memory"
    python = f"Python {platform.python_version()} ({sys.prefix})"
    machine = f"{platform.platform()}, {joblib.cpu_count()} cores{memory}"
    return f"colorize {__version__}, {python}, {machine}"


def _packages() -> Finding:
    text, complete = _versions(packages_of())
    return Finding("packages", text, None if complete else ExitCode.INTERNAL_ERROR)


def _extra(extra: str) -> Finding:
    text, complete = _versions(packages_of(extra))
    return Finding(f"extra {extra}", text if complete else f"not installed; {install_command(extra)}")


def _versions(requirements: list[str]) -> tuple[str, bool]:
    """Packages with the versions that are there, and whether all are."""
    found = {name_of(wanted): installed(wanted) for wanted in requirements}
    text = ", ".join(f"{name} {version or 'is missing'}" for name, version in found.items())
    return text, bool(found) and None not in found.values()


def _import(module: str) -> None:
    importlib.import_module(module)


def _formats() -> str:
    _, heic = _versions(packages_of("heic"))
    read = [fmt.title for name, fmt in FORMATS.items() if heic or name != "heic"]
    written = [fmt.title for fmt in FORMATS.values() if fmt.written]
    return f"reads {', '.join(read)}; writes {', '.join(written)}"


def _devices() -> str:
    import torch

    from colorize_cli.engine.device import KINDS

    cards = [torch.cuda.get_device_name(number) for number in range(KINDS["cuda"].count())]
    named = [f"cuda:{number} ({name})" for number, name in enumerate(cards)]
    others = [kind.name for kind in KINDS.values() if kind.name != "cuda" and kind.available()]
    built = f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU alone"
    return f"{', '.join(named + others)}; PyTorch is built for {built}"


def _weights(path: Path | None) -> str:
    from colorize_cli.model.weights import default_weights, load_weights

    file = path or default_weights()
    _, info = load_weights(file)
    return f"{info.name}, sha256 {info.sha256[:12]}, {file.stat().st_size / 1e6:.1f} MB, {file}"


def _trial(weights: Path | None, device: str) -> str:
    import numpy as np

    from colorize_cli.engine.colorizer import Colorizer

    begun = time.perf_counter()
    colorizer = Colorizer.load(weights, device)
    ready = time.perf_counter()
    rows, columns = np.indices(_TRIAL) / np.array(_TRIAL)[:, None, None]
    photo = (np.sin(rows * 9) * np.cos(columns * 7) * 100 + 128).astype(np.uint8)
    colorizer.colorize(photo, n=_VARIANTS)
    seconds = time.perf_counter() - ready
    done = f"{_VARIANTS} variants of {photo.size / 1e6:.1f} megapixels in {seconds:.1f} s"
    return f"{done} on {colorizer.device_name}, after {ready - begun:.1f} s of loading"
