"""Peak memory of a whole run on scans of 100 megapixels, against what docs/archive.md promises.

python benchmarks/memory.py [folder for the scans]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tifffile

SIDE = 10_000
ALLOWANCE = 600e6  # beside three times the decoded picture: torch, the network, a strip of floats


def scan(folder: Path, channels: int, dtype: type) -> Path:
    """A noisy ramp: it compresses badly, like grain."""
    path = folder / f"{channels}x{np.dtype(dtype).itemsize * 8}.tif"
    rng = np.random.default_rng(0)
    top = np.iinfo(dtype).max
    row = np.linspace(0.1, 0.9, SIDE) * top
    strips = (
        np.clip(row[:, None] + rng.normal(0, 0.01 * top, (100, SIDE, 1)), 0, top)
        .astype(dtype)
        .repeat(channels, 2)
        for _ in range(SIDE // 100)
    )
    pixels = np.concatenate(list(strips))
    photometric = "rgb" if channels == 3 else "minisblack"
    tifffile.imwrite(path, pixels if channels == 3 else pixels[..., 0], photometric=photometric)
    return path


def peak(path: Path, out: Path, extra: list[str]) -> float:
    # Not getrusage: a child's peak begins with the memory of its parent.
    code = (
        "import sys; from colorize_cli.cli import cli, run_guarded; "
        "code = run_guarded(cli, 'colorize', sys.argv[1:]); "
        "lines = open('/proc/self/status').read().splitlines(); "
        "print(next(int(x.split()[1]) * 1024 for x in lines if x.startswith('VmHWM'))); sys.exit(code)"
    )
    command = [
        sys.executable,
        "-c",
        code,
        str(path),
        "-n",
        "5",
        "-o",
        str(out),
        "--device",
        "cpu",
        "-q",
        *extra,
    ]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parent = sys.argv[1] if len(sys.argv) > 1 else None
    for channels, dtype, fmt in [
        (1, np.uint16, "tiff"),
        (3, np.uint16, "tiff"),
        (1, np.uint16, "png"),
        (1, np.uint8, "jpeg"),
    ]:
        with tempfile.TemporaryDirectory(dir=parent) as folder:
            path = scan(Path(folder), channels, dtype)
            decoded = SIDE * SIDE * channels * np.dtype(dtype).itemsize
            used = peak(path, Path(folder) / "out", ["--format", fmt])
            limit = 3 * decoded + ALLOWANCE
            print(
                f"{channels} x {np.dtype(dtype).itemsize * 8} bits -> {fmt}: peak {used / 1e6:.0f} MB, "
                f"{used / limit:.2f} of the limit {limit / 1e6:.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
