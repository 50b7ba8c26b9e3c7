"""What the benchmarks share: scans like those of an archive, rounds in turn, and a table with its machine."""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import joblib
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from colorize_cli.engine.protocol import Engine
from colorize_cli.engine.task import ViewSizes

QUALITY = 92


def scan(seed: int, mpixels: float) -> NDArray[np.uint8]:
    """A grey picture of 4:3 with soft shapes and grain of two sizes.

    At quality 92 it takes 0.27 bytes a pixel, the median of the 60 scans in old_bw (docs/measures.md).
    """
    height = round((mpixels * 1e6 * 3 / 4) ** 0.5)
    width, rng = height * 4 // 3, np.random.default_rng(seed)
    shapes = rng.integers(0, 255, (24, 32)).astype(np.uint8)
    scene = cv2.resize(shapes, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    coarse = rng.normal(0, 6, (height // 2, width // 2)).astype(np.float32)
    fine = rng.normal(0, 4, (height, width))
    return np.clip(scene + cv2.resize(coarse, (width, height)) + fine, 0, 255).astype(np.uint8)


def make_scans(folder: Path, count: int, mpixels: float, different: int = 12) -> list[Path]:
    """`count` grey JPEGs; after `different` of them pixels repeat, but no two files are the same."""
    folder.mkdir(parents=True, exist_ok=True)
    coded = [
        simplejpeg.encode_jpeg(scan(i, mpixels)[..., None], quality=QUALITY, colorspace="GRAY")
        for i in range(min(count, different))
    ]
    paths = [folder / f"{i:06}.jpg" for i in range(count)]
    for i, path in enumerate(paths):
        text = f"number {i}".encode()
        comment = b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text
        data = coded[i % len(coded)]
        path.write_bytes(data[:2] + comment + data[2:])
    return paths


def random_views(engine: Engine, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Noise in place of photos: square views, and finer ones where an engine colours those."""
    sizes, rng = ViewSizes.of(engine), np.random.default_rng(0)
    views = rng.random((count, sizes.code, sizes.code), dtype=np.float32)
    return views, None if sizes.detail is None else rng.random((count, *2 * [sizes.detail]), dtype=np.float32)


def in_turn(rounds: int, measured: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds of each, taken one after another in every round, so that a slow minute meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(rounds):
        for name, function in measured.items():
            began = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - began)
    return times


def line(name: str, seconds: list[float]) -> str:
    """A name, the median and the spread."""
    low, high = min(seconds), max(seconds)
    return f"{name:24} {statistics.median(seconds):8.3f} s  ({low:.3f} to {high:.3f}, {len(seconds)} rounds)"


def ratio(times: Mapping[str, list[float]], above: str, below: str) -> float:
    """The median of one over the median of another."""
    return statistics.median(times[above]) / statistics.median(times[below])


def machine() -> str:
    """The processor, its cores, and what the figures depend on besides."""
    name = platform.processor() or platform.machine()
    try:
        found = [x for x in Path("/proc/cpuinfo").read_text().splitlines() if x.startswith("model name")]
        name = found[0].partition(":")[2].strip() if found else name
    except OSError:
        pass
    return f"{name}, {joblib.cpu_count()} cores, Python {platform.python_version()}"


def child(code: str, *arguments: str, threads: int | None = None) -> str:
    """What a Python program prints, run in a process of its own; `threads` limits the cores it may use."""
    command = [sys.executable, "-c", code, *arguments]
    if threads is not None:
        command = ["taskset", "-c", ",".join(map(str, range(threads))), *command]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
